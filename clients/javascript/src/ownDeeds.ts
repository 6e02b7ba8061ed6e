/**
 * What one tab did, as the user's other tabs are to learn of it. The server tells of a command everybody but the connection
 * that it came by, and tabs have that in common. Pure.
 */

import { UNTOUCHED } from "./changes.ts";
import type { Action, Author, Commands, Sent, ServerEvent } from "./frames.ts";
import type { Asked } from "./tabWords.ts";

/** Commands that change nothing that another tab shows. */
const QUIET: ReadonlySet<Action> = new Set<Action>([
  "hello",
  "rooms",
  "members",
  "settings",
  "report",
  "reports",
  "subscribe",
  "unsubscribe",
  "reactions",
  "pins",
  "history",
  "search",
  "sync",
  "typing",
  "presence",
  "receipts",
  "ping",
]);

/** `event`: the very event that the server would have sent; `room`: where there is something to catch up on, null for the list only. */
export type Deed = { readonly event: ServerEvent } | { readonly room: string | null } | null;

export function deedOf({ action, command, options }: Asked, result: unknown, me: Author): Deed {
  if (QUIET.has(action)) return null;
  if (action === "read") return { event: { type: "read", ...(command as Commands["read"]) } };
  if (action === "send" && options.id !== undefined) {
    const sending = command as Commands["send"];
    // An answer names its thread, which only the server knows.
    if ((sending.reply_to ?? null) === null) return { event: messageOf(sending, result as Sent, options.id, me) };
  }
  return { room: "room" in command && typeof command.room === "string" ? command.room : null };
}

function messageOf({ text }: Commands["send"], { room, seq, sent_at_ms }: Sent, id: string, me: Author): ServerEvent {
  const numbered = { room, seq, kind: "text", from: me, text, sent_at_ms, command_id: id, media: null } as const;
  return { type: "message", message: { ...numbered, ...UNTOUCHED } };
}
