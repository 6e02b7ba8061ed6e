import { RequestFailed } from "@agent-chat/client/errors";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { AGAIN_MS, MediaAccess, RENEW_MS, roomOf } from "./mediaAccess";

const OUT = new RequestFailed(403, "not_a_member", "You are not a member of this room.");
const DOWN = new RequestFailed(503, "unavailable", "try again");

describe("access to the images of a room", () => {
  const asked: string[] = [];
  let failure: RequestFailed | null = null;
  let access: MediaAccess;

  beforeEach(() => {
    vi.useFakeTimers();
    asked.length = 0;
    failure = null;
    access = new MediaAccess((room) => {
      asked.push(room);
      return failure === null ? Promise.resolve() : Promise.reject(failure);
    });
  });

  afterEach(() => {
    access.stop();
    vi.useRealTimers();
  });

  const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

  it("is asked for once, however many images of the room are on screen", async () => {
    access.hold("lunch");
    access.hold("lunch");
    access.hold("tea");
    await settle();
    expect(asked).toEqual(["lunch", "tea"]);
    expect([...access.granted.get()]).toEqual(["lunch", "tea"]);
  });

  it("is renewed before it ends, as long as an image is on screen", async () => {
    const release = access.hold("lunch");
    await vi.advanceTimersByTimeAsync(RENEW_MS);
    expect(asked).toHaveLength(2);
    release();
    await vi.advanceTimersByTimeAsync(2 * RENEW_MS);
    expect(asked).toHaveLength(2);
    expect(access.granted.get().size).toBe(0);
  });

  it("ends when somebody is put out of the room", async () => {
    access.hold("lunch");
    await settle();
    failure = OUT;
    await vi.advanceTimersByTimeAsync(RENEW_MS);
    expect(access.granted.get().size).toBe(0);
    await vi.advanceTimersByTimeAsync(5 * RENEW_MS);
    expect(asked).toHaveLength(2);
  });

  it("is asked for again when the server could not answer, and stays as long as nobody says that it ended", async () => {
    access.hold("lunch");
    await settle();
    failure = DOWN;
    await vi.advanceTimersByTimeAsync(RENEW_MS);
    expect(access.granted.get().has("lunch")).toBe(true);
    failure = null;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.length).toBeGreaterThan(2);
  });

  it("is asked for again when an image fails, but seldom", async () => {
    access.hold("lunch");
    await vi.advanceTimersByTimeAsync(AGAIN_MS);
    await access.mend("lunch");
    await access.mend("lunch");
    expect(asked).toHaveLength(2);
    await access.mend("nobody looks here");
    expect(asked).toHaveLength(2);
  });

  it("is not asked for again when an image leaves the screen and comes back", async () => {
    access.hold("lunch")();
    await vi.advanceTimersByTimeAsync(RENEW_MS / 2);
    access.hold("lunch");
    expect(access.granted.get().has("lunch")).toBe(true);
    await vi.advanceTimersByTimeAsync(RENEW_MS / 2);
    expect(asked).toHaveLength(2);
  });

  it("is given to nobody any more once it has stopped", async () => {
    access.hold("lunch");
    access.stop();
    await vi.advanceTimersByTimeAsync(2 * RENEW_MS);
    expect(access.granted.get().size).toBe(0);
    expect(asked).toHaveLength(1);
  });

  it("is for the room that stands in the address", () => {
    expect(roomOf("/media/lunch/Qm9y/480.webp")).toBe("lunch");
  });
});
