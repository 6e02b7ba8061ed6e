/**
 * What a room's column shows, from top to bottom: days, messages grouped by author, who came and went, what is missing,
 * and at the end what is still on its way. Pure; order is the log's.
 */

import type { Copy } from "@agent-chat/client/changes";
import type { Author, Message, Reader } from "@agent-chat/client/frames";
import type { RoomLog } from "@agent-chat/client/log";
import type { OutgoingMessage } from "@agent-chat/client/outbox";
import { afterPending, type PendingChange } from "@agent-chat/client/pendingChanges";
import type { Notice } from "@agent-chat/client/roomView";

import type { Upload } from "./uploads";

/** A message that follows another one of its author this closely needs no heading of its own. */
const GROUP_MS = 5 * 60_000;
/** Of a log with fewer messages than this all are shown, else it might look empty. */
const MIN_TO_HOLD_BACK = 20;

export type Row =
  | { readonly type: "day"; readonly key: string; readonly atMs: number }
  | { readonly type: "gap"; readonly key: string; readonly missing: number }
  | { readonly type: "notice"; readonly key: string; readonly notice: Notice }
  | { readonly type: "beginning"; readonly key: "beginning" }
  | { readonly type: "unread"; readonly key: "unread" }
  | {
      readonly type: "message";
      readonly key: string;
      readonly message: Copy;
      readonly isHead: boolean;
      /** In the thread that it names. */
      readonly replies: number;
    }
  | { readonly type: "outgoing"; readonly key: string; readonly message: OutgoingMessage; readonly isHead: boolean }
  | { readonly type: "upload"; readonly key: string; readonly upload: Upload; readonly isHead: boolean };

/** What parts the messages of one author. */
const BREAKS: ReadonlySet<Row["type"] | undefined> = new Set<Row["type"]>(["gap", "notice", "unread"]);

export interface TimelineSource {
  readonly log: RoomLog;
  readonly notices: readonly Notice[];
  readonly outgoing: readonly OutgoingMessage[];
  readonly uploads: readonly Upload[];
  /** Changes of these messages that the server has not made yet. */
  readonly pending: readonly PendingChange[];
  readonly myId: string;
  /** What others said above this number is marked as new; null marks nothing. */
  readonly readSeq: number | null;
}

export function buildTimeline(source: TimelineSource): Row[] {
  const rows = loggedRows(source);
  const { log, outgoing, uploads, myId } = source;
  const last = rows.at(-1);
  let isMine = last?.type === "message" && last.message.from?.id === myId;
  const settled = new Set(outgoing.length === 0 ? [] : log.messages.map((message) => message.command_id));
  for (const message of outgoing) {
    if (settled.has(message.id)) continue;
    rows.push({ type: "outgoing", key: message.id, message, isHead: !isMine });
    isMine = true;
  }
  for (const upload of uploads) {
    rows.push({ type: "upload", key: upload.id, upload, isHead: !isMine });
    isMine = true;
  }
  return rows;
}

/** What has its number, and what happened between. */
function loggedRows({ log, notices, pending, myId, readSeq }: TimelineSource): Row[] {
  const rows: Row[] = [];
  const gapAfter = new Map(log.gaps().map((gap) => [gap.first - 1, gap.last - gap.first + 1]));
  const replies = countReplies(log);
  const isNewDay = dayTeller();
  let before: Message | null = null;
  let isMarked = readSeq === null || !reaches(log, readSeq);
  const waiting = [...notices];
  const noticesBelow = (seq: number): void => {
    for (let next = waiting[0]; next !== undefined && next.afterSeq < seq; next = waiting[0]) {
      rows.push({ type: "notice", key: next.key, notice: next });
      waiting.shift();
    }
  };
  for (const known of log.messages) {
    noticesBelow(known.seq);
    if (known.kind !== "void") {
      const message = pending.length === 0 ? known : afterPending(known, pending);
      const beginsDay = isNewDay(message.sent_at_ms);
      if (beginsDay) rows.push({ type: "day", key: `day-${message.seq}`, atMs: message.sent_at_ms });
      if (!isMarked && message.seq > (readSeq ?? 0) && message.from?.id !== myId) {
        rows.push({ type: "unread", key: "unread" });
        isMarked = true;
      }
      const isHead: boolean = beginsDay || BREAKS.has(rows.at(-1)?.type) || !belongsTo(before, message);
      before = message;
      rows.push({ type: "message", key: keyOf(message, myId), message, isHead, replies: replies.get(message.seq) ?? message.replies });
    }
    const missing = gapAfter.get(known.seq);
    if (missing !== undefined) rows.push({ type: "gap", key: `gap-${known.seq}`, missing });
  }
  noticesBelow(Infinity);
  if (log.complete && log.newest !== null) rows.unshift({ type: "beginning", key: "beginning" });
  const held = heldBack(log);
  return held === null ? rows : rows.slice(rows.findIndex((row) => row.type === "message" && row.message.seq === held) + 1);
}

/**
 * The number of the oldest message here where it is not shown yet, nor what is above it: whether it has a heading, and
 * begins a day, is known once the one before it is here. So nothing that is shown changes when older messages come.
 */
function heldBack(log: RoomLog): number | null {
  if (log.complete || log.messages.length < MIN_TO_HOLD_BACK) return null;
  return log.messages.find(({ kind }) => kind !== "void")?.seq ?? null;
}

/** Whether this message is here, and will be shown together with older ones. */
export function isHeldBack(log: RoomLog, seq: number): boolean {
  return heldBack(log) === seq;
}

/** Whether the last message that was read is here, so that it is known which one is the first that was not. */
function reaches(log: RoomLog, readSeq: number): boolean {
  return log.complete || (log.oldest ?? Infinity) <= readSeq;
}

/** Of threads with answers here that their copies do not count yet, how many answers there are. */
function countReplies(log: RoomLog): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { seq, thread } of log.messages) {
    const named = thread === null ? null : log.find(thread);
    if (named !== null && seq > named.last_reply_seq) counts.set(named.seq, (counts.get(named.seq) ?? named.replies) + 1);
  }
  return counts;
}

/** Says of one moment after another whether it is on another day than the one before. */
function dayTeller(): (atMs: number) => boolean {
  let [fromMs, toMs] = [Infinity, -Infinity];
  return (atMs) => {
    if (atMs >= fromMs && atMs < toMs) return false;
    // Asked for once a day, because a calendar is slow.
    fromMs = new Date(atMs).setHours(0, 0, 0, 0);
    toMs = new Date(fromMs).setHours(24, 0, 0, 0);
    return true;
  };
}

/** One's own message keeps its key when it gets its number, so that its element stays the same. */
function keyOf(message: Message, myId: string): string {
  return message.from?.id === myId && message.command_id !== null ? message.command_id : String(message.seq);
}

/** Whether a message goes under the same heading as the one before it. */
export function belongsTo(before: Message | null, message: Message): boolean {
  if (before === null || before.from?.id !== message.from?.id) return false;
  return Math.abs(message.sent_at_ms - before.sent_at_ms) < GROUP_MS;
}

/** By the key of the row that each reader has got to, who that is; without oneself. */
export function placeReaders(
  rows: readonly Row[],
  readers: readonly Reader[],
  myId: string,
): ReadonlyMap<string, readonly Author[]> {
  const placed = new Map<string, Author[]>();
  if (readers.length === 0) return placed;
  const messages = rows.filter((row) => row.type === "message");
  for (const { user, seq } of readers) {
    const row = messages.findLast(({ message }) => message.seq <= seq);
    if (user.id === myId || row === undefined || row.message.from?.id === user.id) continue;
    placed.set(row.key, [...(placed.get(row.key) ?? []), user]);
  }
  return placed;
}
