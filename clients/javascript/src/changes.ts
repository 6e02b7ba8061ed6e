/**
 * What becomes of a message after it was posted: edits, deletion, reactions, pins, in whichever order they arrive.
 *
 * Each change has a number in its room, its rev. A whole message stands for everything up to its rev; an event about
 * one part of it for that part only. So each part is taken from whoever knows it up to the higher rev, and what
 * arrives late or twice takes nothing back. Pure.
 */

import type { Message, MessageChanged, PinsChanged, ReactionsChanged } from "./frames.ts";

/** `isOwn`: the reader reacted, here or on another of their devices. */
export type ReactionsTold = ReactionsChanged & { readonly isOwn: boolean };

export type MessageChange = MessageChanged | ReactionsTold | PinsChanged;

/**
 * A message as it is held here. `rev` is of the newest whole copy that arrived; a part that came by itself since is
 * known up to a rev of its own.
 */
export interface Copy extends Message {
  readonly reactionsRev?: number;
  readonly pinnedRev?: number;
  /** By emoji, the change by which the reader reacted with it last, or took that back. */
  readonly ownRevs?: Readonly<Record<string, number>>;
}

/** What nobody has answered, changed, reacted to or pinned yet. */
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
  until: 0,
} as const satisfies Partial<Message>;

/**
 * What is left of a message whose author was erased. No rev comes with it: the whole copy that does, with the next
 * catching up, says the same.
 */
export function erased(known: Copy): Copy {
  return {
    ...known,
    kind: "deleted",
    from: null,
    text: "",
    media: null,
    command_id: null,
    changed_by: null,
    mentions: [],
    mentions_room: false,
    reactions: [],
    mine: null,
    pinned: false,
  };
}

/** Which message a change is of, and its number in the room. */
export function targetOf(change: MessageChange): { readonly room: string; readonly seq: number; readonly rev: number } {
  return change.type === "message_changed" ? change.message : change;
}

/** The copy with all that another whole copy of the same message knows better; the same one where that is nothing. */
export function merged(known: Copy, other: Message): Copy {
  const isNewer = other.rev > known.rev;
  const hasReplies = other.last_reply_seq > known.last_reply_seq;
  const hasMine = known.mine === null && other.mine !== null && other.rev === known.rev;
  if (!isNewer && !hasReplies && !hasMine) return known;
  const [older, newer]: [Copy, Copy] = isNewer ? [known, other] : [other, known];
  const { replies, last_reply_seq } = hasReplies ? other : known;
  // What goes to many does not say which reactions are the reader's own.
  return overlaid({ ...newer, replies, last_reply_seq, mine: newer.mine ?? older.mine }, known);
}

/** The copy after an event about it; the same one where a newer state is known. */
export function changed(known: Copy, change: MessageChange): Copy {
  switch (change.type) {
    case "message_changed":
      return merged(known, change.message);
    case "reactions_changed":
      return overlaid(known, toldOf(known, change));
    case "pins_changed":
      return overlaid(known, { ...known, pinned: change.pinned, pinnedRev: change.rev });
  }
}

/** What an event about reactions says, and what was known of other emoji. */
function toldOf(known: Copy, { reactions, rev, isOwn, emoji, removed }: ReactionsTold): Copy {
  const told = { ...known, reactions, reactionsRev: rev };
  if (!isOwn) return told;
  return { ...told, mine: withOwn(known.mine, emoji, removed), ownRevs: { ...known.ownRevs, [emoji]: rev } };
}

/** The reader's own reactions after one more, or one less. */
export function withOwn(mine: readonly string[] | null, emoji: string, isRemoved: boolean): readonly string[] {
  const others = (mine ?? []).filter((it) => it !== emoji);
  return isRemoved ? others : [...others, emoji];
}

/** A whole copy with those parts of another that are known up to a higher rev there; the same one where none is. */
function overlaid(whole: Copy, parts: Copy): Copy {
  const { reactions, reactionsRev = 0, pinned, pinnedRev = 0, ownRevs = {} } = parts;
  let result = whole;
  if (reactionsRev > (whole.reactionsRev ?? whole.rev)) result = { ...result, reactions, reactionsRev };
  if (pinnedRev > (whole.pinnedRev ?? whole.rev)) result = { ...result, pinned, pinnedRev };
  for (const [emoji, rev] of Object.entries(ownRevs)) {
    if (rev <= (whole.ownRevs?.[emoji] ?? whole.rev)) continue;
    const mine = withOwn(result.mine, emoji, !(parts.mine ?? []).includes(emoji));
    result = { ...result, mine, ownRevs: { ...result.ownRevs, [emoji]: rev } };
  }
  return result;
}
