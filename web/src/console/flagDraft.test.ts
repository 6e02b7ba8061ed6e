import { describe, expect, it } from "vitest";

import type { FlagView } from "./answers.generated";
import { draftOf, ruleOf } from "./flagDraft";

const FLAG: FlagView = {
  flag: "recipients",
  means: "Whom a message is for is read along or after.",
  variants: ["along", "after"],
  by: "user",
  rule: {
    on: true,
    shares: { after: 20 },
    users: { ada: "after" },
    rooms: {},
    roles: {},
    starts_at_ms: new Date("2026-11-26T12:30").getTime(),
    ends_at_ms: null,
    round: 3,
  },
  version: 4,
  changed_at_ms: 9,
  in_force_within_ms: 5_000,
};

describe("a draft of a flag's rule", () => {
  it("makes the rule that it began as", () => {
    expect(ruleOf(FLAG, draftOf(FLAG))).toEqual(FLAG.rule);
  });

  it("has no share for the control, and none for who gets nothing", () => {
    expect(Object.keys(draftOf(FLAG).shares)).toEqual(["after"]);
    expect(ruleOf(FLAG, { ...draftOf(FLAG), shares: { after: "0" } }).shares).toEqual({});
  });

  it("deals everybody anew by another round", () => {
    expect(ruleOf(FLAG, { ...draftOf(FLAG), dealsAnew: true }).round).toBe(4);
  });

  it("says what is wrong with it", () => {
    expect(() => ruleOf(FLAG, { ...draftOf(FLAG), shares: { after: "101" } })).toThrow("from 0 to 100");
    expect(() => ruleOf(FLAG, { ...draftOf(FLAG), users: "ada" })).toThrow("NAME = VARIANT");
  });
});
