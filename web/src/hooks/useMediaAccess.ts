import { useEffect, useRef, useState } from "react";

import { roomOf } from "../state/mediaAccess";
import { useChat } from "./useChat";
import { useStore } from "./useStore";

/** A cookie may have ended while the machine slept: then one more try helps, and a second one does not. */
const MOST_TRIES = 2;

interface ImageAccess {
  /** Whether the address may be loaded now. */
  readonly isGranted: boolean;
  /** Grows when an image that failed is worth another try. */
  readonly attempt: number;
  readonly onError: () => void;
}

/** Holds access to the images of the address's room for as long as the component is on screen. */
export function useMediaAccess(url: string): ImageAccess {
  const { mediaAccess } = useChat();
  const granted = useStore(mediaAccess.granted);
  const [attempt, setAttempt] = useState(0);
  const tries = useRef(0);
  const room = roomOf(url);
  useEffect(() => (room === "" ? undefined : mediaAccess.hold(room)), [mediaAccess, room]);
  const onError = (): void => {
    if (++tries.current > MOST_TRIES) return;
    void mediaAccess.mend(room).then(() => {
      setAttempt((before) => before + 1);
    });
  };
  return { isGranted: granted.has(room), attempt, onError };
}
