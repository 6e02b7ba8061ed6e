import { useEffect } from "react";

import type { Conversation } from "../state/conversation";
import type { PresenceView } from "../state/presence";
import { useStore } from "./useStore";

/** How often it is asked for besides, in ms: very large rooms are only counted, and without a socket nothing is told. */
export const PRESENCE_EVERY_MS = 60_000;

/** Who of the room is online, while it is on screen; null where that is not known, or `isMember` is false. */
export function useRoomPresence({ room, presence, comings, connection }: Conversation, isMember: boolean): PresenceView | null {
  const view = useStore(presence.view);
  const changes = useStore(comings);
  useEffect(() => {
    if (!isMember) return undefined;
    const load = (): void => {
      if (document.visibilityState === "visible" && connection.online) void presence.load();
    };
    load();
    const timer = setInterval(load, PRESENCE_EVERY_MS);
    const unwatch = room.watch({ onEntered: load });
    return () => {
      clearInterval(timer);
      unwatch();
      presence.stop();
    };
  }, [room, presence, connection, isMember]);
  useEffect(() => {
    if (isMember && changes > 0) presence.outdate();
  }, [presence, isMember, changes]);
  return isMember ? view : null;
}
