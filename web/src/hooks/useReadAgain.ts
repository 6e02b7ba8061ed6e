import { useEffect } from "react";

import type { Conversation } from "../state/conversation";

/** Something of a room that nobody tells of, or not always. */
interface Read {
  readonly load: () => Promise<void>;
  /** Nobody looks any more. */
  readonly stop: () => void;
}

/** Reads it when the room is entered and every so many ms after that, as long as `isWanted` and somebody looks. */
export function useReadAgain({ room, connection }: Conversation, read: Read, everyMs: number, isWanted: boolean): void {
  useEffect(() => {
    if (!isWanted) return undefined;
    const load = (): void => {
      if (document.visibilityState === "visible" && connection.online) void read.load();
    };
    load();
    const timer = setInterval(load, everyMs);
    const unwatch = room.watch({ onEntered: load });
    return () => {
      clearInterval(timer);
      unwatch();
      read.stop();
    };
  }, [room, connection, read, everyMs, isWanted]);
}
