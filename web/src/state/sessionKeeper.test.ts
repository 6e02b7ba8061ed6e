import { RequestFailed } from "@agent-chat/client/errors";
import type { Session, SessionSource } from "@agent-chat/client/stage";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { renew } from "../signIn/openId";
import { loadSession } from "./session";
import { SessionKeeper, type SignedOut } from "./sessionKeeper";
import { STAGE } from "./stage";

vi.mock("../signIn/openId");

const HOUR_MS = 3_600_000;
const OPEN_ID: SessionSource = { kind: "open_id", refreshToken: "r-1" };

let ended: SignedOut[];
let stops: (() => void)[];

beforeEach(() => {
  vi.useFakeTimers();
  ended = [];
  stops = [];
  const openId = { issuer: "https://issuer.example", clientId: "chat" };
  vi.spyOn(STAGE, "readConfig").mockResolvedValue({ stage: "test", openId, walletChains: [], measuredShare: 0 });
  vi.mocked(renew).mockImplementation(() => Promise.resolve(session("token-2", OPEN_ID, 2 * HOUR_MS)));
});

afterEach(() => {
  for (const stop of stops) stop();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function session(token: string, source: SessionSource, lastsMs = HOUR_MS): Session {
  return { token, user: { id: "u-1", name: "Ada" }, expiresAtMs: Date.now() + lastsMs, source };
}

function keep(source: SessionSource): SessionKeeper {
  const keeper = new SessionKeeper(session("token-1", source), (why) => ended.push(why));
  stops.push(keeper.start());
  return keeper;
}

describe("a session of an issuer", () => {
  it("is renewed a minute before its end, and stays the same for whoever holds it", async () => {
    const keeper = keep(OPEN_ID);
    await vi.advanceTimersByTimeAsync(HOUR_MS - 61_000);
    expect(keeper.token).toBe("token-1");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(keeper.token).toBe("token-2");
    expect(loadSession()?.token).toBe("token-2");
    expect(ended).toEqual([]);
  });

  it("that lasts no minute is renewed in the middle of it, however often", async () => {
    vi.mocked(renew).mockImplementation(() => Promise.resolve(session("token-2", OPEN_ID, 20_000)));
    const keeper = new SessionKeeper(session("token-1", OPEN_ID, 20_000), (why) => ended.push(why));
    stops.push(keeper.start());
    await vi.advanceTimersByTimeAsync(9_000);
    expect(renew).toHaveBeenCalledTimes(0);
    await vi.advanceTimersByTimeAsync(32_000);
    expect(renew).toHaveBeenCalledTimes(4);
    expect(ended).toEqual([]);
  });

  it("that is over as soon as it is there is asked for once a second at most", async () => {
    vi.mocked(renew).mockImplementation(() => Promise.resolve(session("token-2", OPEN_ID, -1)));
    keep(OPEN_ID);
    await vi.advanceTimersByTimeAsync(HOUR_MS - 60_000 + 10_000);
    expect(vi.mocked(renew).mock.calls.length).toBeLessThan(13);
  });

  it("is tried again while the issuer can't be reached", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    vi.mocked(renew).mockRejectedValueOnce(new RequestFailed(0, "issuer_unreachable", "down"));
    const keeper = keep(OPEN_ID);
    await vi.advanceTimersByTimeAsync(HOUR_MS - 59_000);
    expect(keeper.token).toBe("token-1");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(keeper.token).toBe("token-2");
  });

  it("that the server refuses is renewed, and over where the issuer refuses, too", async () => {
    const keeper = keep(OPEN_ID);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(await keeper.refused()).toBe(true);
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    vi.mocked(renew).mockRejectedValue(new RequestFailed(401, "unauthorized", "no"));
    await vi.advanceTimersByTimeAsync(120_000);
    expect(await keeper.refused()).toBe(false);
    expect([ended, loadSession()]).toEqual([["ended"], null]);
  });

  it("is never somebody else's", async () => {
    const other = { ...session("token-3", OPEN_ID), user: { id: "u-2", name: "Eve" } };
    vi.mocked(renew).mockResolvedValue(other);
    const keeper = keep(OPEN_ID);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(await keeper.refused()).toBe(false);
    expect([keeper.token, ended]).toEqual(["token-1", ["ended"]]);
  });
});

describe("a session by name", () => {
  it("is over as soon as the server refuses it", async () => {
    expect(await keep({ kind: "name" }).refused()).toBe(false);
    expect(ended).toEqual(["ended"]);
    expect(renew).not.toHaveBeenCalled();
  });

  it("is forgotten at sign-out, which is no end of it", async () => {
    await keep({ kind: "name" }).signOut();
    expect([ended, loadSession()]).toEqual([["asked"], null]);
  });
});

describe("an account that is erased", () => {
  it("is left by all windows that show it, and by nobody else's", async () => {
    vi.useRealTimers();
    const [one, other] = [keep({ kind: "name" }), keep({ kind: "name" })];
    const bobs = new SessionKeeper({ ...session("b", { kind: "name" }), user: { id: "u-2", name: "Bob" } }, () => ended.push("asked"));
    stops.push(bobs.start());
    one.endErased();
    await vi.waitFor(() => {
      expect(ended).toEqual(["erased", "erased"]);
    });
    await expect(other.refused()).resolves.toBe(false);
  });
});
