import type { Author, Message } from "@agent-chat/client/frames";
import type { RoomLog } from "@agent-chat/client/log";
import { givenBetween } from "@agent-chat/client/numbers";
import type { Paging } from "@agent-chat/client/roomView";
import { type KeyboardEvent, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

import { useAttention } from "../hooks/useAttention";
import { useVirtualLog } from "../hooks/useVirtualLog";
import { useWords } from "../hooks/useWords";
import type { Target } from "../state/conversation";
import { isPressed } from "../state/shortcuts";
import { isHeldBack, type Row } from "../state/timeline";
import { Icon } from "./Icon";
import { LogRow, type RowActions } from "./LogRow";

/** How long a message that was jumped to stands out. */
const FLASH_MS = 2_000;

interface MessageListProps {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly log: RoomLog;
  readonly isLoading: boolean;
  readonly older: Paging;
  /** Of the pages below, where somebody looks at the history; null at the newest messages. */
  readonly newer: Paging | null;
  readonly fillFailed: boolean;
  /** Messages that are quoted and not in the log. */
  readonly quotes: ReadonlyMap<number, Message | null>;
  /** By the key of a row, who has read up to it. */
  readonly readers: ReadonlyMap<string, readonly Author[]>;
  readonly edited: number | null;
  readonly target: Target | null;
  /** The target is on screen. */
  readonly onReached: () => void;
  readonly actions: RowActions;
  readonly onNeedOlder: () => void;
  readonly onNeedNewer: () => void;
  /** Leaves the history for the newest messages. */
  readonly onNewest: () => void;
  /** The message has been on screen, and all before it. */
  readonly onSeen: (seq: number) => void;
}

export function MessageList(props: MessageListProps) {
  const { title, rows, log, older, newer, quotes, readers, edited, target, actions, fillFailed } = props;
  const words = useWords();
  const { onNeedOlder, onNeedNewer } = props;
  // After a failure only a person asks again, not the scrolling.
  const onNearTop = useCallback(() => {
    if (older === "idle") onNeedOlder();
  }, [older, onNeedOlder]);
  const onNearEnd = useCallback(() => {
    if (newer === "idle") onNeedNewer();
  }, [newer, onNeedNewer]);
  const virtual = useVirtualLog({ rows, heightOf, onNearTop, onNearEnd });
  const { scroller, virtualizer, isAtEnd, scrollToEnd } = virtual;

  useFirstPlace(rows, target !== null, virtual.scrollTo, scrollToEnd);
  useOwnNewest(rows, scrollToEnd);
  useSeen(props, virtual.inView);
  const flashed = useTarget(props, virtual.scrollTo);
  const leavePast = useNewest(props, scrollToEnd);
  const onKeyDown = useMessageKeys(rows, scroller, virtual.scrollTo);

  return (
    <div className="log" data-past={newer !== null}>
      {/* Scrolls by keyboard too, so it has to be reachable by it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={scroller}
        className="log__scroller"
        data-testid="log"
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        role="region"
        aria-label={title}
        onKeyDown={onKeyDown}
      >
        {props.isLoading && log.newest === null && <LogSkeleton />}
        <ol className="log__list" aria-label={words.room.log.label(title)} style={{ blockSize: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ key, index, start }) => {
            const row = rows[index];
            if (row === undefined) return null;
            return (
              <li
                key={key}
                ref={virtualizer.measureElement}
                className="log__row"
                data-index={index}
                data-flashed={row.key === flashed}
                style={{ transform: `translateY(${start}px)` }}
              >
                <LogRow
                  row={row}
                  actions={actions}
                  fillFailed={fillFailed}
                  quoted={quotedBy(row, log, quotes)}
                  isEdited={row.type === "message" && row.message.seq === edited}
                  readers={readers.get(row.key)}
                />
              </li>
            );
          })}
        </ol>
      </div>
      <PagingNote paging={older} at="top" words={words.room.log.olderFailed} onRetry={onNeedOlder} />
      {newer !== null && <PagingNote paging={newer} at="end" words={words.messages.newerFailed} onRetry={onNeedNewer} />}
      {(newer !== null || !isAtEnd) && <JumpButton newest={log.lastSeq} onJump={leavePast} />}
    </div>
  );
}

/** A guess at a row's height, in CSS pixels, until it has been on screen. Images say theirs, so that little has to move. */
function heightOf(row: Row): number {
  switch (row.type) {
    case "message": {
      const { media, text } = row.message;
      const head = row.isHead ? 40 : 3;
      if (media === null) return head + 16 + 24 * Math.ceil(Math.max(1, text.length) / 60);
      const { width, height } = media.original;
      return head + height * Math.min(1, 340 / Math.max(width, height));
    }
    case "outgoing":
      return 72;
    case "upload":
      return 260;
    case "day":
    case "unread":
    case "gap":
    case "notice":
    case "beginning":
      return 48;
  }
}

function quotedBy(row: Row, log: RoomLog, quotes: ReadonlyMap<number, Message | null>): Message | null | undefined {
  if (row.type !== "message" || row.message.reply_to === null) return undefined;
  return log.find(row.message.reply_to) ?? quotes.get(row.message.reply_to);
}

/** With the first messages: at the mark of what is new, or at the end, unless a message was asked for. */
function useFirstPlace(
  rows: readonly Row[],
  isAwaited: boolean,
  scrollTo: (index: number) => void,
  scrollToEnd: () => void,
): void {
  const isPlaced = useRef(false);
  useLayoutEffect(() => {
    if (isPlaced.current || rows.length === 0) return;
    isPlaced.current = true;
    if (isAwaited) return;
    const mark = rows.findIndex(({ type }) => type === "unread");
    if (mark === -1) scrollToEnd();
    else scrollTo(mark);
  }, [rows, isAwaited, scrollTo, scrollToEnd]);
}

/** Writing brings one back to the end. */
function useOwnNewest(rows: readonly Row[], scrollToEnd: () => void): void {
  const last = rows.at(-1);
  const added = last?.type === "outgoing" || last?.type === "upload" ? last.key : null;
  useEffect(() => {
    if (added !== null) scrollToEnd();
  }, [added, scrollToEnd]);
}

/** Goes to the end, out of the history if somebody is there. */
function useNewest({ rows, newer, onNewest }: MessageListProps, scrollToEnd: () => void): () => void {
  const isLeaving = useRef(false);
  useLayoutEffect(() => {
    if (!isLeaving.current || newer !== null) return;
    isLeaving.current = false;
    scrollToEnd();
  }, [rows, newer, scrollToEnd]);
  return () => {
    isLeaving.current = newer !== null;
    if (newer === null) scrollToEnd();
    else onNewest();
  };
}

/** Tells which message was seen: in view, in a window that somebody looks at. History is not: it was read, or skipped. */
function useSeen(
  { rows, newer, onSeen }: MessageListProps,
  inView: { readonly first: number; readonly last: number } | null,
): void {
  const isLookedAt = useAttention();
  const last = inView === null ? undefined : lastMessage(rows, inView.first, inView.last);
  const seen = last?.seq ?? null;
  const isPast = newer !== null;
  useEffect(() => {
    if (seen !== null && isLookedAt && !isPast) onSeen(seen);
  }, [seen, isLookedAt, isPast, onSeen]);
}

function lastMessage(rows: readonly Row[], first: number, last: number): Message | undefined {
  for (let index = last; index >= first; index--) {
    const row = rows[index];
    if (row?.type === "message") return row.message;
  }
  return undefined;
}

/** Goes to a message that was asked for, as soon as it is here; its row's key while it stands out. */
function useTarget(
  { rows, log, target, onReached, onNeedOlder }: MessageListProps,
  scrollTo: (index: number) => void,
): string | null {
  const [flashed, setFlashed] = useState<string | null>(null);
  useLayoutEffect(() => {
    if (target === null) return;
    const index = rows.findIndex((row) => row.type === "message" && row.message.seq >= target.seq);
    if (index === -1) return;
    if (isHeldBack(log, target.seq)) {
      onNeedOlder();
      return;
    }
    scrollTo(index);
    const key = rows[index]?.key ?? null;
    requestAnimationFrame(() => {
      setFlashed(key); // it is in the page by then
    });
    onReached();
  }, [rows, log, target, onReached, onNeedOlder, scrollTo]);
  useEffect(() => {
    if (flashed === null) return undefined;
    const timer = setTimeout(() => {
      setFlashed(null);
    }, FLASH_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [flashed]);
  return flashed;
}

/** Up and down go from message to message; Enter opens what can be done with one. */
function useMessageKeys(
  rows: readonly Row[],
  scroller: { readonly current: HTMLDivElement | null },
  scrollTo: (index: number) => void,
): (event: KeyboardEvent) => void {
  return (event) => {
    if (!(event.target instanceof HTMLElement)) return;
    const row = event.target.closest<HTMLElement>(".log__row");
    if (isPressed("messageMenu", event) && event.target.matches(".message")) {
      event.preventDefault();
      row?.querySelector<HTMLElement>('[data-testid="more"]')?.click();
      return;
    }
    const isOlder = isPressed("olderMessage", event);
    if (!isOlder && !isPressed("newerMessage", event)) return;
    const from = row === null ? rows.length : Number(row.dataset["index"]);
    const next = neighbour(rows, from, isOlder ? -1 : 1);
    if (next === undefined) return;
    event.preventDefault();
    const focus = (): void => {
      scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"] .message`)?.focus();
    };
    focus();
    if (!scroller.current?.querySelector(`[data-index="${next}"]`)) {
      scrollTo(next);
      requestAnimationFrame(focus);
    }
  };
}

function neighbour(rows: readonly Row[], from: number, step: 1 | -1): number | undefined {
  for (let index = from + step; index >= 0 && index < rows.length; index += step) {
    if (rows[index]?.type === "message") return index;
  }
  return undefined;
}

interface PagingNoteProps {
  readonly paging: Paging;
  readonly at: "top" | "end";
  readonly words: string;
  readonly onRetry: () => void;
}

/** Over the log's edge, so that nothing moves when it comes and goes. */
function PagingNote({ paging, at, words, onRetry }: PagingNoteProps) {
  const { messages, shell } = useWords();
  if (paging === "idle") return null;
  return (
    <p className="log__note" data-at={at} role={paging === "failed" ? "alert" : undefined}>
      {paging === "loading" ? messages.loading : words}{" "}
      {paging === "failed" && (
        <button type="button" className="text-button" onClick={onRetry}>
          {shell.tryAgain}
        </button>
      )}
    </p>
  );
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

function JumpButton({ newest, onJump }: { readonly newest: number; readonly onJump: () => void }) {
  const { log } = useWords().room;
  const [since] = useState(newest);
  const fresh = givenBetween(since, newest);
  return (
    <button type="button" className="jump" data-testid="jump-to-end" onClick={onJump}>
      {fresh > 0 ? log.fresh(fresh) : log.toNewest} <Icon name="down" />
    </button>
  );
}
