import { describe, expect, it } from "vitest";

import { ADA, GRACE, messageOf } from "../testing/messages.ts";
import { changed, type Copy, merged, type MessageChange } from "./changes.ts";
import type { Reaction } from "./frames.ts";

const LIKE: Reaction = { emoji: "👍", count: 1 };

function edited(rev: number, text: string, extra: object = {}): MessageChange {
  return { type: "message_changed", message: messageOf(1, { text, rev, version: 2, ...extra }) };
}

function reacted(rev: number, reactions: readonly Reaction[], extra: object = {}): MessageChange {
  const what = { rev, reactions, user: ADA, emoji: "👍", removed: false, isOwn: false };
  return { type: "reactions_changed", room: "general", seq: 1, ...what, ...extra };
}

function pinned(rev: number, isPinned: boolean): MessageChange {
  return { type: "pins_changed", room: "general", seq: 1, rev, pinned: isPinned, by: GRACE };
}

function after(...changes: readonly MessageChange[]): Copy {
  return changes.reduce<Copy>(changed, messageOf(1));
}

/** Each order in which some things can arrive. */
function ordersOf<T>(things: readonly T[]): T[][] {
  if (things.length < 2) return [[...things]];
  return things.flatMap((first) => ordersOf(things.filter((it) => it !== first)).map((rest) => [first, ...rest]));
}

describe("what became of a message", () => {
  it("is the same in whichever order it is heard of", () => {
    // What the server tells of a message that was reacted to, edited, pinned, reacted to again, and unpinned.
    const changes = [
      reacted(1, [LIKE]),
      edited(2, "better", { reactions: [LIKE] }),
      pinned(3, true),
      reacted(4, [{ ...LIKE, count: 2 }]),
      pinned(5, false),
    ];
    for (const order of ordersOf(changes)) {
      expect(after(...order)).toMatchObject({ text: "better", version: 2, reactions: [{ count: 2 }], pinned: false });
    }
  });

  it("and is deleted then leaves nothing of it, whatever comes late", () => {
    const tombstone = edited(4, "", { kind: "deleted", version: 3, reactions: [], pinned: false });
    for (const order of ordersOf([reacted(1, [LIKE]), pinned(2, true), edited(3, "better"), tombstone])) {
      expect(after(...order)).toMatchObject({ kind: "deleted", text: "", reactions: [], pinned: false });
    }
  });

  it("changes nothing when it is heard of twice", () => {
    for (const change of [edited(1, "better"), reacted(1, [LIKE]), pinned(1, true)]) {
      const copy = after(change);
      expect(changed(copy, change)).toBe(copy);
    }
  });
});

describe("the reader's own reactions", () => {
  const isOwn = true;

  it("are what they did last, whichever of it is heard of first", () => {
    const changes = [
      reacted(1, [LIKE], { isOwn }),
      reacted(2, [LIKE, { emoji: "🎉", count: 1 }], { isOwn, emoji: "🎉" }),
      reacted(3, [{ emoji: "🎉", count: 1 }], { isOwn, removed: true }),
    ];
    for (const order of ordersOf(changes)) expect(after(...order).mine).toEqual(["🎉"]);
  });

  it("are not touched by those of others", () => {
    expect(after(reacted(1, [LIKE], { isOwn }), reacted(2, [], { removed: true })).mine).toEqual(["👍"]);
  });

  it("outlive a whole copy from before them, and end with one from after", () => {
    const own = after(reacted(3, [LIKE], { isOwn }));
    expect(merged(own, messageOf(1, { text: "edited", rev: 2, mine: [] })).mine).toEqual(["👍"]);
    expect(merged(own, messageOf(1, { text: "edited", rev: 4, mine: [] })).mine).toEqual([]);
  });
});

describe("of two copies", () => {
  it("the one with the higher rev is newer", () => {
    const [old, young] = [messageOf(1, { text: "old", rev: 3 }), messageOf(1, { text: "young", rev: 4 })];
    expect(merged(old, young).text).toBe("young");
    expect(merged(young, old)).toBe(young);
  });

  it("the one for this reader says which reactions are theirs, and one for many takes nothing of it", () => {
    const mine = messageOf(1, { mine: ["👍"], rev: 3 });
    expect(merged(messageOf(1, { rev: 3 }), mine).mine).toEqual(["👍"]);
    expect(merged(mine, messageOf(1, { text: "edited", rev: 4 }))).toMatchObject({ text: "edited", mine: ["👍"] });
  });

  it("the one that knows a later reply counts them", () => {
    const [few, many] = [messageOf(1, { replies: 1, last_reply_seq: 5, rev: 3 }), messageOf(1, { replies: 2, last_reply_seq: 9 })];
    expect(merged(few, many)).toMatchObject({ replies: 2, last_reply_seq: 9, rev: 3 });
    expect(merged(many, few)).toMatchObject({ replies: 2, last_reply_seq: 9, rev: 3 });
  });
});
