import { afterEach, expect, it, vi } from "vitest";

import { Drafts, MAX_DRAFTS } from "./drafts";

afterEach(() => {
  localStorage.clear();
});

it("keeps a draft over a reload, for its user only", () => {
  new Drafts("ada").set("general", "Dear all");
  expect(new Drafts("ada").get("general")).toBe("Dear all");
  expect(new Drafts("grace").get("general")).toBe("");
});

it("forgets what was sent, and everything when its user leaves", () => {
  const drafts = new Drafts("ada");
  for (const room of ["general", "lunch"]) drafts.set(room, "Dear all");
  drafts.set("general", "");
  expect([drafts.get("general"), drafts.get("lunch")]).toEqual(["", "Dear all"]);
  drafts.clear();
  expect(localStorage.length).toBe(0);
});

it("forgets the oldest of too many", () => {
  const drafts = new Drafts("ada");
  for (let room = 0; room <= MAX_DRAFTS; room++) drafts.set(`room-${room}`, "Dear all");
  expect([drafts.get("room-0"), drafts.get("room-1")]).toEqual(["", "Dear all"]);
});

it("works in this page where the browser stores nothing", () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const refused = (): never => {
    throw new DOMException("no", "SecurityError");
  };
  const drafts = new Drafts("ada", { getItem: refused, setItem: refused, removeItem: refused } as unknown as Storage);
  drafts.set("general", "Dear all");
  expect(drafts.get("general")).toBe("Dear all");
});
