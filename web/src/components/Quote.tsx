import type { Message } from "@agent-chat/client/frames";
import { useEffect } from "react";

import { useMessageActions } from "../hooks/useMessageActions";
import { useWords } from "../hooks/useWords";
import { summaryOf } from "../state/wording";

interface QuoteProps {
  readonly seq: number;
  /** Null where it can't be had, undefined while it is not here. */
  readonly message: Message | null | undefined;
}

/** What a message answers, in one line; a click leads to it. */
export function Quote({ seq, message }: QuoteProps) {
  const { jump, wantQuote } = useMessageActions();
  const words = useWords();
  const isMissing = message === undefined;
  useEffect(() => {
    if (isMissing) wantQuote(seq);
  }, [isMissing, wantQuote, seq]);
  if (message === null) return <p className="quote quote--lost">{words.messages.quote.lost}</p>;
  return (
    <button
      type="button"
      className="quote"
      data-testid="quote"
      onClick={() => {
        jump(seq);
      }}
    >
      <span className="visually-hidden">{words.messages.quote.inReplyTo}</span>{" "}
      <span className="quote__author">{isMissing ? "…" : message.from?.name}</span>{" "}
      <span className="quote__text">{!isMissing && summaryOf(words, message)}</span>
    </button>
  );
}
