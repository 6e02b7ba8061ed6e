import { useCallback, useEffect, useMemo, useState } from "react";

import { useAnchoredScroll } from "../hooks/useAnchoredScroll";
import { useVisibility } from "../hooks/useVisibility";
import { useWords } from "../hooks/useWords";
import type { Author, Media, Message } from "../protocol/frames";
import type { OutgoingMessage } from "../protocol/outbox";
import type { RoomView } from "../state/room";
import { buildTimeline, type Row } from "../state/timeline";
import type { Upload } from "../state/uploads";
import { describeNotice } from "../state/wording";
import { Icon } from "./Icon";
import { MessageRow } from "./MessageRow";
import { OutgoingRow, UploadRow } from "./OutgoingRow";

interface MessageListProps {
  readonly title: string;
  readonly view: RoomView;
  readonly me: Author;
  readonly outgoing: readonly OutgoingMessage[];
  readonly uploads: readonly Upload[];
  readonly onNeedOlder: () => void;
  readonly onRefill: () => void;
  readonly onRetryMessage: (id: string) => void;
  readonly onDiscardMessage: (id: string) => void;
  readonly onRetryUpload: (id: string) => void;
  readonly onDiscardUpload: (id: string) => void;
  readonly onOpenImage: (media: Media) => void;
  /** The newest message is on screen. */
  readonly onSeen: (seq: number) => void;
}

export function MessageList(props: MessageListProps) {
  const { view, me, outgoing, uploads, title, onNeedOlder, onSeen } = props;
  const words = useWords();
  const { log, notices, older } = view;
  const rows = useMemo(
    () => buildTimeline({ log, notices, outgoing, uploads, myId: me.id }),
    [log, notices, outgoing, uploads, me.id],
  );
  // After a failure only a person asks again, not the scrolling.
  const onNearTop = useCallback(() => {
    if (older === "idle") onNeedOlder();
  }, [older, onNeedOlder]);
  const { scroller, list, isAtEnd, onScroll, scrollToEnd } = useAnchoredScroll(rows, onNearTop);

  const added = useNewestOwn(rows);
  useEffect(() => {
    if (added !== null) scrollToEnd();
  }, [added, scrollToEnd]);

  const newest = log.newest;
  const isVisible = useVisibility();
  useEffect(() => {
    if (isAtEnd && newest !== null && isVisible) onSeen(newest);
  }, [isAtEnd, newest, isVisible, onSeen]);

  return (
    <div className="log">
      {/* Scrolls by keyboard too, so it has to be reachable by it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div ref={scroller} className="log__scroller" data-testid="log" tabIndex={0} role="region" aria-label={title} onScroll={onScroll}>
        <LogTop view={view} onNeedOlder={onNeedOlder} />
        <ol ref={list} className="log__list" aria-label={words.room.log.label(title)}>
          {rows.map((row) => (
            <RowView key={row.key} row={row} {...props} />
          ))}
        </ol>
      </div>
      <Announcer log={view.log} myId={me.id} />
      {!isAtEnd && <JumpButton newest={log.newest ?? 0} onJump={scrollToEnd} />}
    </div>
  );
}

/** The last row's key while that is something of one's own on its way: writing brings one back to the end. */
function useNewestOwn(rows: readonly Row[]): string | null {
  const last = rows.at(-1);
  return last?.type === "outgoing" || last?.type === "upload" ? last.key : null;
}

function RowView({ row, ...props }: MessageListProps & { readonly row: Row }) {
  const words = useWords();
  switch (row.type) {
    case "day":
      return (
        <li className="day" role="separator">
          <span>{words.formats.dayName(row.atMs)}</span>
        </li>
      );
    case "gap":
      return (
        <li className="gap" data-testid="gap">
          {props.view.fillFailed ? (
            <button type="button" className="text-button" onClick={props.onRefill}>
              {words.room.log.missedFailed(row.missing)}
            </button>
          ) : (
            words.room.log.loadingMissed
          )}
        </li>
      );
    case "notice":
      return (
        <li className="notice" data-testid="notice">
          {describeNotice(words, row.notice.event, props.me.id)}
        </li>
      );
    case "message": {
      const isMine = row.message.from?.id === props.me.id;
      return <MessageRow message={row.message} isMine={isMine} isHead={row.isHead} onOpenImage={props.onOpenImage} />;
    }
    case "outgoing":
      return (
        <OutgoingRow
          message={row.message}
          me={props.me}
          isHead={row.isHead}
          onRetry={props.onRetryMessage}
          onDiscard={props.onDiscardMessage}
        />
      );
    case "upload":
      return (
        <UploadRow
          upload={row.upload}
          me={props.me}
          isHead={row.isHead}
          onRetry={props.onRetryUpload}
          onDiscard={props.onDiscardUpload}
        />
      );
  }
}

function LogTop({ view, onNeedOlder }: Pick<MessageListProps, "view" | "onNeedOlder">) {
  const { room, shell } = useWords();
  const { log, older, phase } = view;
  if (older === "failed") {
    return (
      <p className="log__top" role="alert">
        {room.log.olderFailed}{" "}
        <button type="button" className="text-button" onClick={onNeedOlder}>
          {shell.tryAgain}
        </button>
      </p>
    );
  }
  if (phase === "entering" && log.newest === null) return <LogSkeleton />;
  if (log.complete && log.newest !== null) return <p className="log__top">{room.log.begins}</p>;
  return <p className="log__top">{older === "loading" ? room.log.loadingOlder : ""}</p>;
}

/** Shapes of messages while the first page is on its way. */
function LogSkeleton() {
  const { log } = useWords().room;
  return (
    <div className="skeleton" role="status" aria-label={log.loading}>
      {[38, 62, 24, 51].map((width) => (
        <span key={width} className="skeleton__bubble" style={{ inlineSize: `${width}%` }} />
      ))}
    </div>
  );
}

/** What is in the log without being said by anybody. */
const SILENT: ReadonlySet<Message["kind"]> = new Set<Message["kind"]>(["void", "deleted"]);

/** Says new messages of others aloud, and nothing when older ones are loaded. */
function Announcer({ log, myId }: { readonly log: RoomView["log"]; readonly myId: string }) {
  const words = useWords().room.log;
  const message = log.messages.at(-1);
  const isNews = message !== undefined && !SILENT.has(message.kind) && message.from?.id !== myId;
  return (
    <p className="visually-hidden" aria-live="polite" data-testid="announcer">
      {isNews ? words.said(message.from?.name ?? "", message.media === null ? message.text : words.sentImage) : ""}
    </p>
  );
}

function JumpButton({ newest, onJump }: { readonly newest: number; readonly onJump: () => void }) {
  const { log } = useWords().room;
  const [since] = useState(newest);
  return (
    <button type="button" className="jump" data-testid="jump-to-end" onClick={onJump}>
      {newest > since ? log.fresh(newest - since) : log.toNewest} <Icon name="down" />
    </button>
  );
}
