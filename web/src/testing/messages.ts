import type { Message } from "../protocol/frames";
import { NOON_MS } from "./server";

export const ADA = { id: "ada", name: "Ada" };
export const GRACE = { id: "grace", name: "Grace" };

/** What nobody has answered, changed, reacted to or pinned. */
export const UNTOUCHED = {
  reply_to: null,
  thread: null,
  replies: 0,
  last_reply_seq: 0,
  version: 1,
  changed_at_ms: null,
  changed_by: null,
  mentions: [],
  mentions_room: false,
  reactions: [],
  mine: null,
  pinned: false,
  rev: 0,
} as const satisfies Partial<Message>;

/** A text of Grace's in the room `general`, a second after the one before. */
export function messageOf(seq: number, extra: Partial<Message> = {}): Message {
  return {
    room: "general",
    seq,
    kind: "text",
    from: GRACE,
    text: `message ${seq}`,
    sent_at_ms: NOON_MS + seq * 1000,
    command_id: null,
    media: null,
    ...UNTOUCHED,
    ...extra,
  };
}

export function messagesOf(first: number, last: number): Message[] {
  return Array.from({ length: last - first + 1 }, (_, index) => messageOf(first + index));
}
