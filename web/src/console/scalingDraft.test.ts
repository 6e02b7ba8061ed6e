import { describe, expect, it } from "vitest";

import type { Config } from "./answers.generated";
import { differences, draftOf, mistakesIn, wantedOf } from "./scalingDraft";

const CONFIG: Config = {
  current: {
    version: 2,
    thresholds: { direct: 50 },
    limits: {},
    functions: { "message.deliver": { reserved: 80 } },
    operator: "olga",
    why: "a party",
    at_ms: 5,
  },
  deployed: { direct: 100, window_ms: 40, user_burst: 200 },
  in_force: { direct: 50, window_ms: 40, user_burst: 200 },
  functions: ["message.command", "message.deliver"],
};

describe("a draft of how the stage scales", () => {
  it("begins as what is in force, and changes nothing", () => {
    const draft = draftOf(CONFIG);
    expect(differences(CONFIG, draft)).toEqual([]);
    expect(wantedOf(CONFIG, draft)).toEqual({
      thresholds: { direct: 50 },
      limits: {},
      functions: { "message.deliver": { reserved: 80 } },
    });
  });

  it("names what is not as it was deployed, each in its place", () => {
    const draft = { ...draftOf(CONFIG), direct: "100", user_burst: "300", "message.command provisioned": "5" };
    expect(wantedOf(CONFIG, draft)).toEqual({
      thresholds: {},
      limits: { user_burst: 300 },
      functions: { "message.command": { provisioned: 5 }, "message.deliver": { reserved: 80 } },
    });
    expect(differences(CONFIG, draft)).toEqual([
      { name: "direct", before: 50, after: 100 },
      { name: "user_burst", before: 200, after: 300 },
      { name: "message.command provisioned", before: null, after: 5 },
    ]);
  });

  it("leaves concurrency to the deployment where a text is empty", () => {
    const draft = { ...draftOf(CONFIG), "message.deliver reserved": "" };
    expect(wantedOf(CONFIG, draft).functions).toEqual({});
    expect(differences(CONFIG, draft)).toEqual([{ name: "message.deliver reserved", before: 80, after: null }]);
  });

  it("says which texts are no numbers", () => {
    const draft = { ...draftOf(CONFIG), direct: "", window_ms: "4.5", "message.deliver reserved": "many" };
    expect(mistakesIn(draft)).toEqual(["direct", "window_ms", "message.deliver reserved"]);
    expect(mistakesIn(draftOf(CONFIG))).toEqual([]);
  });
});
