import { ConnectionLost } from "@agent-chat/client/errors";
import type { Member } from "@agent-chat/client/frames";
import { beforeEach, describe, expect, it } from "vitest";

import { Members } from "./members";

let asked: { action: string; command: Record<string, unknown> }[];
let all: Member[];
let fails: Error | null;
let members: Members;

function person(id: string, role: Member["role"] = "member"): Member {
  return { user: { id, name: id }, role, muted_until_ms: null };
}

/** Answers a page of two. */
function request(action: string, command: object): Promise<never> {
  const it = command as Record<string, unknown>;
  asked.push({ action, command: it });
  if (fails !== null) return Promise.reject(fails);
  if (action !== "members") return Promise.resolve({} as never);
  const start = all.findIndex(({ user }) => user.id === it["after"]) + 1;
  const page = all.slice(start, start + 2);
  return Promise.resolve({ members: page, after: start + 2 < all.length ? page.at(-1)?.user.id : null } as never);
}

beforeEach(() => {
  [asked, fails] = [[], null];
  all = ["ada", "bea", "cem", "dora", "eve"].map((id) => person(id));
  members = new Members({ request }, "lunch");
});

function shown(): string[] | undefined {
  return members.view.get().members?.map(({ user }) => user.id);
}

describe("the members of a room", () => {
  it("are read to the end, as far as a page goes", async () => {
    await members.load();
    expect(shown()).toEqual(["ada", "bea", "cem", "dora", "eve"]);
    expect(members.view.get().hasMore).toBe(false);
  });

  it("are read anew after something was done about one of them", async () => {
    await members.load();
    all = all.slice(0, 2);
    await members.carryOut({ action: "remove", command: { user: "eve", ban: true } });
    expect(asked.find(({ action }) => action === "remove")?.command).toEqual({ room: "lunch", user: "eve", ban: true });
    expect(shown()).toEqual(["ada", "bea"]);
  });

  it("stay as they were where that was refused, and whoever asked is told", async () => {
    await members.load();
    fails = new Error("no");
    await expect(members.carryOut({ action: "mute", command: { user: "eve", for_s: 60 } })).rejects.toThrow("no");
    expect(shown()).toHaveLength(5);
    expect(members.view.get().failure).toBeNull();
  });

  it("stay through a cut, and say what is wrong where there are none yet", async () => {
    fails = new ConnectionLost();
    await members.load();
    expect(members.view.get().failure).toBe(fails);
    fails = null;
    await members.load();
    fails = new ConnectionLost();
    await members.load();
    expect([shown()?.length, members.view.get().failure]).toEqual([5, null]);
  });
});
