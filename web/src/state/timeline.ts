/**
 * What a room's column shows, from top to bottom: days, messages grouped by author, who came and went, what is missing,
 * and at the end what is still on its way. Pure; order is the log's.
 */

import type { Message } from "../protocol/frames";
import type { RoomLog } from "../protocol/log";
import type { OutgoingMessage } from "../protocol/outbox";
import type { Notice } from "./roomView";
import type { Upload } from "./uploads";

/** Messages of one author this close together share one heading. */
const GROUP_MS = 5 * 60_000;

export type Row =
  | { readonly type: "day"; readonly key: string; readonly atMs: number }
  | { readonly type: "gap"; readonly key: string; readonly missing: number }
  | { readonly type: "notice"; readonly key: string; readonly notice: Notice }
  | { readonly type: "message"; readonly key: string; readonly message: Message; readonly isHead: boolean }
  | { readonly type: "outgoing"; readonly key: string; readonly message: OutgoingMessage; readonly isHead: boolean }
  | { readonly type: "upload"; readonly key: string; readonly upload: Upload; readonly isHead: boolean };

/** What parts the messages of one author. */
const BREAKS: ReadonlySet<Row["type"] | undefined> = new Set<Row["type"]>(["gap", "notice"]);

export interface TimelineSource {
  readonly log: RoomLog;
  readonly notices: readonly Notice[];
  readonly outgoing: readonly OutgoingMessage[];
  readonly uploads: readonly Upload[];
  readonly myId: string;
}

export function buildTimeline({ log, notices, outgoing, uploads, myId }: TimelineSource): Row[] {
  const rows: Row[] = [];
  const gapAfter = new Map(log.gaps().map((gap) => [gap.first - 1, gap.last - gap.first + 1]));
  let head: Message | null = null;
  let previous: Message | null = null;
  const waiting = [...notices];
  const noticesBelow = (seq: number): void => {
    for (let next = waiting[0]; next !== undefined && next.afterSeq < seq; next = waiting[0]) {
      rows.push({ type: "notice", key: next.key, notice: next });
      waiting.shift();
    }
  };
  for (const message of log.messages) {
    noticesBelow(message.seq);
    if (message.kind !== "void") {
      const isNewDay = previous === null || dayOf(previous.sent_at_ms) !== dayOf(message.sent_at_ms);
      if (isNewDay) rows.push({ type: "day", key: `day-${message.seq}`, atMs: message.sent_at_ms });
      const isHead: boolean = isNewDay || BREAKS.has(rows.at(-1)?.type) || !belongsTo(head, message);
      if (isHead) head = message;
      previous = message;
      rows.push({ type: "message", key: keyOf(message, myId), message, isHead });
    }
    const missing = gapAfter.get(message.seq);
    if (missing !== undefined) rows.push({ type: "gap", key: `gap-${message.seq}`, missing });
  }
  noticesBelow(Infinity);
  let isMine = previous?.from?.id === myId && rows.at(-1)?.type === "message";
  const settled = new Set(log.messages.map((message) => message.command_id));
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

/** One's own message keeps its key when it gets its number, so that its element stays the same. */
function keyOf(message: Message, myId: string): string {
  return message.from?.id === myId && message.command_id !== null ? message.command_id : String(message.seq);
}

function belongsTo(head: Message | null, message: Message): boolean {
  if (head === null || head.from?.id !== message.from?.id) return false;
  return Math.abs(message.sent_at_ms - head.sent_at_ms) < GROUP_MS;
}

function dayOf(atMs: number): string {
  return new Date(atMs).toDateString();
}
