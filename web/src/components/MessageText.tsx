import { Fragment, memo, type ReactNode, useMemo } from "react";

import { parse, type Part } from "./richText";

interface MessageTextProps {
  readonly text: string;
  readonly mentions?: readonly string[];
  /** Everybody is mentioned, as `@room`. */
  readonly isToRoom?: boolean;
  readonly myId?: string;
}

/** What a person wrote, with its links, names and marks. Never HTML. */
export const MessageText = memo(function MessageText({ text, mentions = [], isToRoom = false, myId }: MessageTextProps) {
  const parts = useMemo(() => parse(text, new Set(isToRoom ? [...mentions, "room"] : mentions)), [text, mentions, isToRoom]);
  return (
    <div className="message__text" dir="auto">
      {shown(parts, myId)}
    </div>
  );
});

function shown(parts: readonly Part[], myId: string | undefined): ReactNode {
  return parts.map((part, index) => <PartView key={index} part={part} myId={myId} />);
}

function PartView({ part, myId }: { readonly part: Part; readonly myId: string | undefined }) {
  switch (part.type) {
    case "text":
      return <Fragment>{part.text}</Fragment>;
    case "code":
      return <code className="code">{part.text}</code>;
    case "block":
      return <pre className="code-block">{part.text}</pre>;
    case "link":
      return (
        <a href={part.text} target="_blank" rel="noopener noreferrer">
          {part.text}
        </a>
      );
    case "mention":
      return (
        <span className="mention" data-testid="mention" data-me={part.id === myId || part.id === "room"}>
          {part.text}
        </span>
      );
    case "bold":
      return <strong>{shown(part.parts, myId)}</strong>;
    case "italic":
      return <em>{shown(part.parts, myId)}</em>;
  }
}
