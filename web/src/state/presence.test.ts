import type { Presence } from "@agent-chat/client/frames";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { GATHER_MS, RoomPresence } from "./presence";

let answer: Presence;
let asked: number;
let presence: RoomPresence;

function request(): Promise<never> {
  asked++;
  return Promise.resolve(answer as never);
}

function online(...ids: string[]): Presence {
  return { room: "lunch", online: ids.length, listed: true, users: ids.map((id) => ({ id, name: id })), as_of_ms: 0 };
}

function told(id: string, isOnline: boolean): void {
  presence.told({ type: "presence", user: { id, name: id }, online: isOnline });
}

beforeEach(async () => {
  vi.useFakeTimers();
  [asked, answer] = [0, online("ada", "bea")];
  presence = new RoomPresence({ request }, "lunch");
  await presence.load();
});

afterEach(() => {
  vi.useRealTimers();
});

function here(): string[] | null {
  const { users = null } = presence.view.get() ?? {};
  return users === null ? null : [...users].sort();
}

describe("who is online in a room", () => {
  it("is told of as they go and come back", () => {
    told("bea", false);
    expect([here(), presence.view.get()?.online]).toEqual([["ada"], 1]);
    told("bea", true);
    expect([here(), asked]).toEqual([["ada", "bea"], 1]);
  });

  it("is asked once for several who were not seen here before", async () => {
    answer = online("ada", "bea", "cem");
    for (const id of ["cem", "dora"]) told(id, true);
    expect(here()).toEqual(["ada", "bea"]);
    await vi.advanceTimersByTimeAsync(GATHER_MS);
    expect([here(), asked]).toEqual([["ada", "bea", "cem"], 2]);
  });

  it("does not change for somebody of another room who goes", async () => {
    told("eve", false);
    await vi.advanceTimersByTimeAsync(GATHER_MS);
    expect([here(), asked]).toEqual([["ada", "bea"], 1]);
  });

  it("is no longer somebody who has left the room", async () => {
    told("bea", false);
    presence.forget("bea");
    told("bea", true);
    expect(here()).toEqual(["ada"]);
    answer = online("ada");
    await vi.advanceTimersByTimeAsync(GATHER_MS);
    expect(here()).toEqual(["ada"]);
  });

  it("is only counted in a very large room, whoever comes and goes", async () => {
    answer = { room: "lunch", online: 4213, listed: false, users: [], as_of_ms: 0 };
    await presence.load();
    told("bea", false);
    told("eve", true);
    await vi.advanceTimersByTimeAsync(GATHER_MS);
    expect([presence.view.get(), asked]).toEqual([{ online: 4213, users: null }, 2]);
  });

  it("is what was told last, whatever was asked before that", async () => {
    const asking = presence.load();
    told("bea", false);
    await asking;
    expect(here()).toEqual(["ada"]);
  });
});
