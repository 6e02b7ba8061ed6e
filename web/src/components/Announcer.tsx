import type { Message } from "@agent-chat/client/frames";
import { useEffect, useRef, useState } from "react";

import { useWords } from "../hooks/useWords";
import { announce } from "../state/wording";

/** Speaking takes its time: what comes within this is told of together. */
export const PAUSE_MS = 3_000;

/**
 * Says aloud what others say while the page is there: the first message at once, then those that came meanwhile
 * together. Nothing that was loaded, and nothing twice.
 */
export function Announcer({ heard }: { readonly heard: Message | null }) {
  const words = useWords();
  const said = useThrottled(heard);
  return (
    <p className="visually-hidden" aria-live="polite" data-testid="announcer">
      {announce(words, said)}
    </p>
  );
}

function useThrottled(heard: Message | null): readonly Message[] {
  const [said, setSaid] = useState<readonly Message[]>([]);
  const waiting = useRef<Message[]>([]);
  const known = useRef(heard); // what was said before this was here is no news
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  useEffect(() => {
    if (heard === null || heard === known.current) return;
    known.current = heard;
    waiting.current.push(heard);
    const flush = (): void => {
      timer.current = undefined;
      if (waiting.current.length === 0) return;
      setSaid(waiting.current);
      waiting.current = [];
      timer.current = setTimeout(flush, PAUSE_MS);
    };
    if (timer.current === undefined) flush();
  }, [heard]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  return said;
}
