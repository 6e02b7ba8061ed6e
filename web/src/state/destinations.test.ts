import type { Room } from "@agent-chat/client/frames";
import { ADA, GRACE } from "@agent-chat/client/testing/messages";
import { describe, expect, it } from "vitest";

import { destinationsFor, neighbourOf } from "./destinations";

function roomOf(room: string, title: string, extra: Partial<Room> = {}): Room {
  const base = { kind: "public", member: true, role: "member", unread: 0, last_seq: 0, read_seq: 0, last_rev: 0, latest: null } as const;
  return { ...base, room, title, ...extra };
}

const ROOMS = [
  roomOf("general", "General"),
  roomOf("cafe", "Café am Eck"),
  roomOf("lunch", "Lunch", { unread: 2 }),
  roomOf("open", "Open lunch", { member: false }),
  roomOf("direct-1", "alan", { kind: "direct" }),
];
const PEOPLE = [ADA, GRACE, { id: "alan", name: "Alan" }];

function found(typed: string, current: string | null = null): string[] {
  return destinationsFor(typed, { rooms: ROOMS, people: PEOPLE, me: "ada", current }).map(({ id }) => id);
}

describe("with nothing typed", () => {
  it("one's own rooms are offered, the unread ones first, without the one on screen", () => {
    expect(found("", "cafe")).toEqual(["lunch", "general", "direct-1"]);
  });

  it("whoever is in no room is offered those that they may enter", () => {
    const rooms = ROOMS.filter(({ member }) => !member);
    expect(destinationsFor("", { rooms, people: [], me: "ada", current: null }).map(({ id }) => id)).toEqual(["open"]);
  });
});

describe("what is typed", () => {
  it("finds the beginnings of names before those of words, and those before anything else", () => {
    expect(found("lu")).toEqual(["lunch", "open"]);
    expect(found("e")).toEqual(["cafe", "general", "open", "grace"]);
    expect(found("direct")).toEqual([]);
  });

  it("needs no capitals and no accents", () => {
    expect(found("CAFE")).toEqual(["cafe"]);
  });

  it("finds people by name or id, but for oneself and those whose direct room is there", () => {
    expect(found("gra")).toEqual(["grace"]);
    expect(found("a").filter((id) => id === "ada" || id === "alan")).toEqual([]);
    expect(found("alan")).toEqual(["direct-1"]);
  });

  it("names somebody whom nobody has met by their whole id", () => {
    expect(found("@margaret")).toEqual(["margaret"]);
    expect([found("@grace"), found("@gra")]).toEqual([["grace"], ["grace", "gra"]]);
    expect(found("margaret")).toEqual([]);
  });
});

describe("the room before and behind", () => {
  it("is the next of one's own, around the ends of the list", () => {
    expect(neighbourOf("general", 1, ROOMS)).toBe("cafe");
    expect(neighbourOf("general", -1, ROOMS)).toBe("direct-1");
    expect(neighbourOf("lunch", 1, ROOMS)).toBe("direct-1");
  });

  it("is the first or the last one where none is on screen", () => {
    expect([neighbourOf(null, 1, ROOMS), neighbourOf(null, -1, ROOMS)]).toEqual(["general", "direct-1"]);
  });

  it("can be one with something unread, or none", () => {
    const isUnread = ({ unread }: Room): boolean => unread > 0;
    expect([neighbourOf("direct-1", 1, ROOMS, isUnread), neighbourOf("general", -1, ROOMS, isUnread)]).toEqual(["lunch", "lunch"]);
    expect([neighbourOf("lunch", 1, ROOMS, isUnread), neighbourOf(null, 1, [])]).toEqual([null, null]);
  });
});
