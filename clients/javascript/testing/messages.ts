import { UNTOUCHED } from "../src/changes.ts";
import type { Message } from "../src/frames.ts";
import { NOON_MS } from "./archive.ts";

export const ADA = { id: "ada", name: "Ada" };
export const GRACE = { id: "grace", name: "Grace" };

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
