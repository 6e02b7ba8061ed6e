import { useEffect, useRef, useState } from "react";

import { useAttention } from "./useAttention";

/**
 * The number above which messages are marked as new: how far was read when the room was opened, where that was not all
 * of it, and since then when somebody last looked away. Null marks nothing.
 *
 * `readSeq` is how far the room is read now; null while that is not known.
 */
export function useUnreadMark(readSeq: number | null, unread: number): number | null {
  const [mark, setMark] = useState<number | null>(null);
  const [isOpened, setIsOpened] = useState(false);
  if (!isOpened && readSeq !== null) {
    setIsOpened(true);
    if (unread > 0) setMark(readSeq);
  }
  const isLookedAt = useAttention();
  const newest = useRef(readSeq);
  useEffect(() => {
    newest.current = readSeq;
  }, [readSeq]);
  useEffect(() => {
    if (!isLookedAt) setMark(newest.current);
  }, [isLookedAt]);
  return mark;
}
