import { describe, expect, it } from "vitest";

import { begunMention, Mentionable, namedIn } from "./mentioning";

describe("names in a text", () => {
  it("are what stands behind an @, each once, without the end of the sentence", () => {
    expect(namedIn("@ada, @grace.hopper and (@alan). @ada!")).toEqual(["ada", "grace.hopper", "alan"]);
  });

  it("are none in addresses and behind a second @", () => {
    expect(namedIn("ada@example.com @@grace @ nobody")).toEqual([]);
  });
});

describe("a name that is being typed", () => {
  it("is what stands between an @ and the caret", () => {
    expect(begunMention("hello @gr and more", 9)).toEqual({ start: 6, prefix: "gr" });
    expect(begunMention("@", 1)).toEqual({ start: 0, prefix: "" });
  });

  it("is none behind a blank, or in an address", () => {
    expect(begunMention("hello @gr and", 13)).toBeNull();
    expect(begunMention("ada@gr", 6)).toBeNull();
  });
});

describe("members to be named", () => {
  const pages = [
    { members: [memberOf("ada", "Ada Lovelace"), memberOf("eve", "Eve", "banned")], after: "eve" },
    { members: [memberOf("grace", "Grace Hopper")], after: null },
  ];

  it("are found by the beginning of an id or of any name, and the banned never", async () => {
    const asked: unknown[] = [];
    const request = (_: string, command: { after?: string | null }): Promise<object> => {
      asked.push(command.after);
      return Promise.resolve(pages[command.after === null ? 0 : 1]!);
    };
    const people = new Mentionable({ request } as never, "general");
    await people.load();
    await people.load();
    expect(asked).toEqual([null, "eve"]);
    expect(people.matching("hop").map(({ id }) => id)).toEqual(["grace"]);
    expect(people.matching("").map(({ id }) => id)).toEqual(["ada", "grace"]);
    expect([people.knows("ada"), people.knows("eve")]).toEqual([true, false]);
  });
});

function memberOf(id: string, name: string, role = "member") {
  return { user: { id, name }, role, muted_until_ms: null };
}
