import { ADA, messageOf } from "@agent-chat/client/testing/messages";
import { describe, expect, it } from "vitest";

import { verdictsOn } from "./verdicts";

describe("what there is to decide of a reported message", () => {
  it("is all of it where somebody else said it", () => {
    expect(verdictsOn(messageOf(1), ADA.id)).toEqual(["dismiss", "remove", "mute", "ban"]);
  });

  it("is nothing about oneself", () => {
    expect(verdictsOn(messageOf(1, { from: ADA }), ADA.id)).toEqual(["dismiss", "remove"]);
  });

  it("is not to delete what is deleted, and still what becomes of its author", () => {
    expect(verdictsOn(messageOf(1, { kind: "deleted" }), ADA.id)).toEqual(["dismiss", "mute", "ban"]);
  });

  it("is to dismiss what can’t be shown or has no author left", () => {
    expect(verdictsOn(null, ADA.id)).toEqual(["dismiss"]);
    expect(verdictsOn(messageOf(1, { kind: "deleted", from: null }), ADA.id)).toEqual(["dismiss"]);
  });
});
