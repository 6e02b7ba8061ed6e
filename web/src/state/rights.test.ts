import type { Member } from "@agent-chat/client/frames";
import { ADA, messageOf } from "@agent-chat/client/testing/messages";
import { describe, expect, it } from "vitest";

import { mayInvite, powerOver, rightsOn } from "./rights";

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

describe("what may be done about a member", () => {
  const as = (role: Member["role"], id = "eve"): Member => ({ user: { id, name: id }, role, muted_until_ms: null });
  const ALL = { mute: true, remove: true, unban: false, setRole: true, transfer: true };
  const NOTHING = { mute: false, remove: false, unban: false, setRole: false, transfer: false };

  it("is all for the owner, but to themselves", () => {
    expect(powerOver(as("moderator"), "ada", "owner")).toEqual(ALL);
    expect(powerOver(as("owner", "ada"), "ada", "owner")).toEqual(NOTHING);
  });

  it("is for moderators where they outrank somebody", () => {
    expect(powerOver(as("reader"), "ada", "moderator")).toEqual({ ...NOTHING, mute: true, remove: true });
    expect(powerOver(as("moderator"), "ada", "moderator")).toEqual(NOTHING);
    expect(powerOver(as("owner"), "ada", "moderator")).toEqual(NOTHING);
  });

  it("is to let somebody who is banned in again for who moderates, and nothing else", () => {
    for (const role of ["moderator", "owner"] as const) {
      expect(powerOver(as("banned"), "ada", role)).toEqual({ ...NOTHING, unban: true });
    }
  });

  it("is nothing for anybody else", () => {
    for (const role of ["member", "reader", null] as const) {
      for (const other of ["reader", "banned"] as const) expect(powerOver(as(other), "ada", role)).toEqual(NOTHING);
    }
  });
});

describe("bringing others in", () => {
  it("is for members of a public room, and for moderators of a private one", () => {
    expect([mayInvite("member", "public"), mayInvite("reader", "public"), mayInvite(null, "public")]).toEqual([true, false, false]);
    expect([mayInvite("member", "private"), mayInvite("moderator", "private")]).toEqual([false, true]);
  });
});
