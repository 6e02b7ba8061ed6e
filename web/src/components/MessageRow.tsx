import { memo, type ReactNode } from "react";

import { useWords } from "../hooks/useWords";
import type { Author, Media, Message } from "../protocol/frames";
import { Avatar, tint } from "./Avatar";
import { MediaImage } from "./MediaImage";
import { MessageText } from "./MessageText";
import { widthInList } from "./pictureSize";

interface BubbleRowProps {
  readonly author: Author;
  readonly isMine: boolean;
  readonly isHead: boolean;
  readonly atMs: number;
  readonly state: "sent" | "pending" | "failed";
  readonly seq?: number;
  /** Beneath the bubble: what happened to it and what can be done. */
  readonly footer?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of anything that somebody said: who, when, on which side. */
export function BubbleRow({ author, isMine, isHead, atMs, state, seq, footer, children }: BubbleRowProps) {
  const { formats, room } = useWords();
  return (
    <li
      className="message"
      data-testid="message"
      data-seq={seq}
      data-author={author.id}
      data-state={state}
      data-mine={isMine}
      data-head={isHead}
    >
      {!isMine && isHead && <Avatar id={author.id} name={author.name} />}
      <div className="message__body">
        <p className={isHead ? "message__head" : "visually-hidden"}>
          <span className={isMine ? "visually-hidden" : "message__author"} style={tint(author.id)} title={`@${author.id}`}>
            {isMine ? room.message.you : author.name}
          </span>{" "}
          <time className="message__time" dateTime={new Date(atMs).toISOString()} title={formats.preciseTime(atMs)}>
            {formats.timeOfDay(atMs)}
          </time>
        </p>
        <div className="message__bubble" title={formats.preciseTime(atMs)}>
          {children}
        </div>
        {footer}
      </div>
    </li>
  );
}

interface MessageRowProps {
  readonly message: Message;
  readonly isMine: boolean;
  readonly isHead: boolean;
  readonly onOpenImage: (media: Media) => void;
}

/** A message that has its number. */
export const MessageRow = memo(function MessageRow({ message, isMine, isHead, onOpenImage }: MessageRowProps) {
  const { system } = useWords().room.message;
  return (
    <BubbleRow
      author={message.from ?? { id: "", name: system }}
      isMine={isMine}
      isHead={isHead}
      atMs={message.sent_at_ms}
      state="sent"
      seq={message.seq}
    >
      <Content message={message} onOpenImage={onOpenImage} />
      {message.version > 1 && message.kind !== "deleted" && <Edited atMs={message.changed_at_ms} />}
    </BubbleRow>
  );
});

function Edited({ atMs }: { readonly atMs: number | null }) {
  const { formats, room } = useWords();
  return (
    <p className="message__edited" data-testid="edited" title={atMs === null ? undefined : formats.preciseTime(atMs)}>
      {room.message.edited}
    </p>
  );
}

function Content({ message, onOpenImage }: Pick<MessageRowProps, "message" | "onOpenImage">) {
  const words = useWords().room.message;
  if (message.kind === "deleted") {
    return (
      <p className="message__text message__text--deleted" data-testid="tombstone">
        {words.deleted}
      </p>
    );
  }
  if (message.kind === "unknown") return <p className="message__text">{words.unknownKind}</p>;
  const { media } = message;
  if (media === null) return <MessageText text={message.text} />;
  const shownWidth = widthInList(media);
  return (
    <>
      <a
        className="picture"
        href={media.original.url}
        aria-label={words.openImage(media.name)}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          onOpenImage(media);
        }}
      >
        <MediaImage
          media={media}
          sizes={shownWidth}
          alt={media.name}
          testId="thumbnail"
          style={{ inlineSize: shownWidth }}
        />
      </a>
      {message.text !== "" && message.text !== media.name && <MessageText text={message.text} />}
    </>
  );
}
