import { describe, expect, it } from "vitest";

import { messageOf } from "../testing/messages.ts";
import { wished } from "./wishes.ts";

const AT_MS = 1_790_000_000_000;

function react(emoji: string, remove = false) {
  return { kind: "react", emoji, remove } as const;
}

describe("a message that somebody wants to be another", () => {
  it("has its new text, and says that it was edited", () => {
    const message = wished(messageOf(1), { kind: "edit", text: "better" }, AT_MS);
    expect(message).toMatchObject({ text: "better", version: 2, changed_at_ms: AT_MS });
  });

  it("keeps nothing but its number, author and time when it is deleted", () => {
    const before = messageOf(1, { pinned: true, reactions: [{ emoji: "👍", count: 2 }], mentions: ["ada"] });
    const after = wished(before, { kind: "delete" }, AT_MS);
    expect(after).toMatchObject({ kind: "deleted", text: "", reactions: [], pinned: false, mentions: [] });
    expect([after.seq, after.from, after.sent_at_ms]).toEqual([before.seq, before.from, before.sent_at_ms]);
  });

  it("counts a reaction once, however often it is given", () => {
    const before = messageOf(1, { reactions: [{ emoji: "👍", count: 2 }], mine: [] });
    const once = wished(before, react("👍"), AT_MS);
    expect(once).toMatchObject({ reactions: [{ emoji: "👍", count: 3 }], mine: ["👍"] });
    expect(wished(once, react("👍"), AT_MS)).toBe(once);
  });

  it("has no reaction left that nobody gives any more", () => {
    const given = wished(messageOf(1), react("🎉"), AT_MS);
    expect(given.reactions).toEqual([{ emoji: "🎉", count: 1 }]);
    expect(wished(given, react("🎉", true), AT_MS)).toMatchObject({ reactions: [], mine: [] });
  });

  it("is pinned, or is not", () => {
    const pinned = wished(messageOf(1), { kind: "pin", remove: false }, AT_MS);
    expect(pinned.pinned).toBe(true);
    expect(wished(pinned, { kind: "pin", remove: true }, AT_MS).pinned).toBe(false);
  });
});
