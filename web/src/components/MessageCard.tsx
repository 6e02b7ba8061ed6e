import type { Message } from "@agent-chat/client/frames";

import { useWords } from "../hooks/useWords";
import { summaryOf } from "../state/wording";
import { Avatar, tint } from "./Avatar";

interface MessageCardProps {
  readonly message: Message;
  /** Words to stand out, in small letters. */
  readonly marked?: readonly string[];
  readonly testId: string;
  readonly onOpen: (seq: number) => void;
}

/** A message in a list away from its place; a click leads there. */
export function MessageCard({ message, marked = [], testId, onOpen }: MessageCardProps) {
  const words = useWords();
  const { from, seq, sent_at_ms: atMs } = message;
  return (
    <button
      type="button"
      className="card"
      data-testid={testId}
      data-seq={seq}
      onClick={() => {
        onOpen(seq);
      }}
    >
      <Avatar id={from?.id ?? ""} name={from?.name ?? ""} />
      <span className="card__author" style={tint(from?.id ?? "")}>
        {from?.name ?? words.room.message.system}
      </span>
      <time className="card__time" dateTime={new Date(atMs).toISOString()} title={words.formats.preciseTime(atMs)}>
        {words.formats.briefTime(atMs)}
      </time>
      <span className="card__text">{highlighted(summaryOf(words, message), marked)}</span>
    </button>
  );
}

/** The text with those words marked that begin as one of these do. */
function highlighted(text: string, marked: readonly string[]) {
  if (marked.length === 0) return text;
  return text.split(/([\p{L}\p{N}_]+)/u).map((part, index) => {
    const isMarked = index % 2 === 1 && marked.some((word) => part.toLocaleLowerCase().startsWith(word));
    return isMarked ? <mark key={index}>{part}</mark> : part;
  });
}
