import type { Copy } from "@agent-chat/client/changes";
import type { Author, Message } from "@agent-chat/client/frames";
import { memo, type ReactNode, useState } from "react";

import { useMessageActions } from "../hooks/useMessageActions";
import { useWords } from "../hooks/useWords";
import { Avatar, tint } from "./Avatar";
import { EditForm } from "./EditForm";
import { Icon } from "./Icon";
import { MessageText } from "./MessageText";
import { MessageToolbar } from "./MessageToolbar";
import { Quote } from "./Quote";
import { Reactions } from "./Reactions";
import { ReadBy } from "./ReadBy";
import { MediaContent } from "./media/MediaContent";

interface BubbleRowProps {
  readonly author: Author;
  readonly isMine: boolean;
  readonly isHead: boolean;
  readonly atMs: number;
  readonly state: "sent" | "pending" | "failed";
  readonly seq?: number;
  readonly mentionsMe?: boolean;
  /** Over the bubble's corner, and beside it: they take no room of their own, so that nothing moves when they come. */
  readonly tools?: ReactNode;
  /** Beneath the bubble: what happened to it and what can be done. */
  readonly footer?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of anything that somebody said: who, when, on which side. */
export function BubbleRow(props: BubbleRowProps) {
  const { author, isMine, isHead, atMs, state, seq, mentionsMe = false, tools, footer, children } = props;
  const { formats, room } = useWords();
  return (
    <article
      className="message"
      data-testid="message"
      data-seq={seq}
      data-author={author.id}
      data-state={state}
      data-mine={isMine}
      data-head={isHead}
      data-mentions-me={mentionsMe}
      tabIndex={-1}
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
        <div className="message__line">
          <div className="message__bubble" title={formats.preciseTime(atMs)}>
            {children}
          </div>
          {tools}
        </div>
        {footer}
      </div>
    </article>
  );
}

interface MessageRowProps {
  readonly message: Copy;
  readonly isHead: boolean;
  /** In the thread that it names. */
  readonly replies: number;
  /** What it answers: null where that can't be had, undefined while it is not here, and where it answers nothing. */
  readonly quoted?: Message | null | undefined;
  readonly isEdited: boolean;
  /** Who has read up to here and no further. */
  readonly readers?: readonly Author[] | undefined;
  /** Where the thread is on screen anyway there is no need to lead there. */
  readonly isInThread?: boolean;
}

/** A message that has its number. Rendered again only when it, or what is told with it, changes. */
export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { message, isHead, replies, quoted, isEdited, readers, isInThread = false } = props;
  const { me, openThread } = useMessageActions();
  const words = useWords();
  const [isPointed, setIsPointed] = useState(false);
  const [isFocused, setIsFocused] = useState(false);
  const [isHeld, setIsHeld] = useState(false);
  const { seq, from, mentions, mentions_room: isToRoom, reply_to: replyTo } = message;
  const isMine = from?.id === me.id;
  const mentionsMe = !isMine && (isToRoom || mentions.includes(me.id));
  return (
    // What the pointer and the focus bring out are buttons of their own.
    <div
      role="presentation"
      onPointerMove={() => {
        setIsPointed(true);
      }}
      onPointerLeave={() => {
        setIsPointed(false);
      }}
      onFocus={() => {
        setIsFocused(true);
      }}
      onBlur={({ currentTarget, relatedTarget }) => {
        // Between two of the message's own buttons the focus does not leave it.
        if (!currentTarget.contains(relatedTarget)) setIsFocused(false);
      }}
    >
      <BubbleRow
        author={from ?? { id: "", name: words.room.message.system }}
        isMine={isMine}
        isHead={isHead}
        atMs={message.sent_at_ms}
        state="sent"
        seq={seq}
        mentionsMe={mentionsMe}
        tools={
          <>
            {readers !== undefined && <ReadBy readers={readers} />}
            {(isPointed || isFocused || isHeld) && !isEdited && <MessageToolbar message={message} onHold={setIsHeld} />}
          </>
        }
        footer={
          <>
            <Reactions message={message} />
            {replies > 0 && !isInThread && (
              <button
                type="button"
                className="thread-link"
                data-testid="open-thread"
                onClick={() => {
                  openThread(seq);
                }}
              >
                <Icon name="thread" /> {words.messages.thread.replies(replies)}
              </button>
            )}
          </>
        }
      >
        {message.pinned && (
          <p className="message__pinned" data-testid="pinned">
            <Icon name="pin" /> {words.messages.pinned}
          </p>
        )}
        {replyTo !== null && !(isInThread && replyTo === message.thread) && <Quote seq={replyTo} message={quoted} />}
        {isEdited ? <EditForm message={message} /> : <Content message={message} myId={me.id} />}
        {message.version > 1 && message.kind !== "deleted" && !isEdited && <Edited atMs={message.changed_at_ms} />}
      </BubbleRow>
    </div>
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

function Content({ message, myId }: { readonly message: Message; readonly myId: string }) {
  const { openImage } = useMessageActions();
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
  const said = <MessageText text={message.text} mentions={message.mentions} isToRoom={message.mentions_room} myId={myId} />;
  if (media === null) return said;
  return (
    <>
      <MediaContent media={media} onOpenImage={openImage} />
      {message.text !== "" && message.text !== media.name && said}
    </>
  );
}
