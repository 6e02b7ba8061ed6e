import { describe, expect, it } from "vitest";

import { readRunbook, runbookOf, urgencyOf, withoutReferences } from "./runbooks";

const MEANS = "[page] Commands fail: people can’t send. Runbook: docs/runbooks/commands-failing.md";

describe("what an alarm says", () => {
  it("names its runbook and how urgent it is, apart from the words for people", () => {
    expect([runbookOf(MEANS), urgencyOf(MEANS)]).toEqual(["commands-failing", "page"]);
    expect(withoutReferences(MEANS)).toBe("Commands fail: people can’t send.");
  });

  it("may name neither", () => {
    expect([runbookOf("Look."), urgencyOf("Look."), withoutReferences("Look.")]).toEqual([null, null, "Look."]);
  });
});

describe("runbooks", () => {
  it("are part of the console", async () => {
    expect(await readRunbook("commands-failing")).toMatch(/^# /u);
  });

  it("of another version are none", async () => {
    expect(await readRunbook("no-such-thing")).toBeNull();
  });
});
