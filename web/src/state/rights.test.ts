import { describe, expect, it } from "vitest";

import { ADA, messageOf } from "../testing/messages";
import { rightsOn } from "./rights";

function offered(...[message, role]: [Parameters<typeof rightsOn>[0], Parameters<typeof rightsOn>[2]]): string[] {
  return Object.entries(rightsOn(message, ADA.id, role)).flatMap(([name, isOffered]) => (isOffered ? [name] : []));
}

const MINE = messageOf(1, { from: ADA });

describe("what is offered on a message", () => {
  it("is to edit and delete one's own, and to report those of others", () => {
    expect(offered(MINE, "member")).toEqual(["answer", "react", "edit", "delete"]);
    expect(offered(messageOf(1), "member")).toEqual(["answer", "react", "report"]);
  });

  it("is to delete and pin anybody's for who moderates", () => {
    for (const role of ["moderator", "owner"] as const) {
      expect(offered(messageOf(1), role)).toEqual(["answer", "react", "delete", "pin", "report"]);
    }
  });

  it("is nothing that writes for who may only read, but to take one's own back", () => {
    expect(offered(MINE, "reader")).toEqual(["delete"]);
  });

  it("is to answer a deleted one, whose thread goes on", () => {
    expect(offered(messageOf(1, { kind: "deleted" }), "owner")).toEqual(["answer"]);
  });

  it("is to edit no image", () => {
    expect(offered(messageOf(1, { from: ADA, kind: "image" }), "member")).not.toContain("edit");
  });
});
