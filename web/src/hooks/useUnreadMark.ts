import { useEffect, useRef, useState } from "react";

import { useAttention } from "./useAttention";

/**
 * The number above which messages are marked as new: how far was read when the room was opened, and since then when
 * somebody last looked away. Null until that is known.
 */
export function useUnreadMark(readSeq: number | null): number | null {
  const [mark, setMark] = useState<number | null>(readSeq);
  if (mark === null && readSeq !== null) setMark(readSeq);
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
