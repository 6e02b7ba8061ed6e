import { ConnectionLost } from "@agent-chat/client/errors";
import type { RoomSettings as Settings } from "@agent-chat/client/frames";
import { beforeEach, describe, expect, it } from "vitest";

import { RoomSettings, wordsIn } from "./roomSettings";

let stored: Settings;
let fails: Error | null;
let room: RoomSettings;

/** As the server does: what is left out stays. */
function request(_action: string, command: object): Promise<never> {
  if (fails !== null) return Promise.reject(fails);
  stored = { ...stored, ...command };
  return Promise.resolve(stored as never);
}

beforeEach(async () => {
  fails = null;
  stored = { room: "lunch", slow_mode_s: 7, blocked_words: ["darn"] };
  room = new RoomSettings({ request }, "lunch");
  await room.load();
});

function shown(): Settings | null {
  return room.view.get().settings;
}

describe("what is set for a room", () => {
  it("is changed at once, and goes back where that is refused", async () => {
    fails = new Error("no");
    const asked = room.slowDown(30);
    expect(shown()?.slow_mode_s).toBe(30);
    await expect(asked).rejects.toThrow("no");
    expect(shown()?.slow_mode_s).toBe(7);
    fails = null;
    await room.slowDown(0);
    expect([shown()?.slow_mode_s, stored.slow_mode_s]).toEqual([0, 0]);
  });

  it("keeps the words that somebody else blocked meanwhile", async () => {
    stored = { ...stored, blocked_words: ["darn", "drat"] };
    await room.block(["heck", "drat"]);
    expect(stored.blocked_words).toEqual(["darn", "drat", "heck"]);
    stored = { ...stored, blocked_words: ["darn", "drat", "heck", "phew"] };
    await room.unblock("drat");
    expect(shown()?.blocked_words).toEqual(["darn", "heck", "phew"]);
  });

  it("stays as it was where a word is refused, and whoever asked is told", async () => {
    fails = new Error("two words");
    await expect(room.block(["x"])).rejects.toThrow("two words");
    expect([shown()?.blocked_words, room.view.get().failure]).toEqual([["darn"], null]);
  });

  it("stays through a cut, and says what is wrong where nothing is known yet", async () => {
    fails = new ConnectionLost();
    await room.load();
    expect([shown()?.slow_mode_s, room.view.get().failure]).toEqual([7, null]);
    const other = new RoomSettings({ request }, "lunch");
    await other.load();
    expect(other.view.get().failure).toBe(fails);
  });
});

describe("words that somebody typed", () => {
  it("are what stands between blanks, commas and semicolons", () => {
    expect(wordsIn(" darn, drat;heck\n phew ")).toEqual(["darn", "drat", "heck", "phew"]);
    expect(wordsIn(" , ")).toEqual([]);
  });
});
