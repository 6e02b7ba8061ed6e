/** What a user wants to become of a message, and how the message looks once it has. Pure. */

import { type Copy, withOwn } from "./changes.ts";
import type { Message, Reaction } from "./frames.ts";

export type Wish =
  | { readonly kind: "edit"; readonly text: string }
  | { readonly kind: "delete" }
  | { readonly kind: "react"; readonly emoji: string; readonly remove: boolean }
  | { readonly kind: "pin"; readonly remove: boolean };

/** The message after the wish came true; `atMs` is when, by any clock: it is only shown. */
export function wished(message: Copy, wish: Wish, atMs: number): Copy {
  switch (wish.kind) {
    case "edit":
      return { ...message, text: wish.text, version: message.version + 1, changed_at_ms: atMs };
    case "delete":
      return { ...message, ...NOTHING_LEFT, version: message.version + 1, changed_at_ms: atMs };
    case "react":
      return reacted(message, wish.emoji, wish.remove);
    case "pin":
      return { ...message, pinned: !wish.remove };
  }
}

/** What a deleted message has in the place of what it said. */
const NOTHING_LEFT = {
  kind: "deleted",
  text: "",
  media: null,
  mentions: [],
  mentions_room: false,
  reactions: [],
  mine: [],
  pinned: false,
} as const satisfies Partial<Message>;

function reacted(message: Copy, emoji: string, remove: boolean): Copy {
  if ((message.mine ?? []).includes(emoji) !== remove) return message; // twice is once
  return { ...message, mine: withOwn(message.mine, emoji, remove), reactions: recounted(message.reactions, emoji, remove) };
}

function recounted(reactions: readonly Reaction[], emoji: string, remove: boolean): readonly Reaction[] {
  if (!reactions.some((it) => it.emoji === emoji)) return remove ? reactions : [...reactions, { emoji, count: 1 }];
  const counted = reactions.map((it) => (it.emoji === emoji ? { emoji, count: it.count + (remove ? -1 : 1) } : it));
  return counted.filter(({ count }) => count > 0);
}
