import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Poller } from "./polling";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000 });
});

afterEach(() => {
  vi.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

describe("polling", () => {
  it("asks at once and then each time that it is due", async () => {
    let asked = 0;
    const poller = new Poller(() => Promise.resolve(++asked), 1_000);
    poller.start();
    await pass(0);
    expect(poller.state.get()).toEqual({ value: 1, error: null, atMs: 1_000, isAsking: false });
    await pass(2_000);
    expect(poller.state.get().value).toBe(3);
    poller.stop();
  });

  it("asks nothing while it is stopped, and goes on where it was", async () => {
    let asked = 0;
    const poller = new Poller(() => Promise.resolve(++asked), 1_000);
    poller.start();
    await pass(400);
    poller.stop();
    await pass(60_000);
    expect(asked).toBe(1);
    poller.start();
    await pass(0);
    expect(asked).toBe(2);
    poller.stop();
  });

  it("keeps what it has after a failure, and asks less and less often", async () => {
    const moments: number[] = [];
    const poller = new Poller(() => {
      moments.push(Date.now());
      return moments.length === 1 ? Promise.resolve("there") : Promise.reject(new Error("gone"));
    }, 1_000);
    poller.start();
    await pass(8_000);
    poller.stop();
    expect(moments).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(poller.state.get()).toMatchObject({ value: "there", atMs: 1_000, error: new Error("gone") });
  });

  it("has one request under way, however often it is told to refresh", async () => {
    let asked = 0;
    const poller = new Poller(() => new Promise<number>((resolve) => setTimeout(resolve, 500, ++asked)), null);
    poller.start();
    poller.refresh();
    poller.refresh();
    await pass(500);
    expect([asked, poller.state.get().value]).toEqual([1, 1]);
    await pass(60_000);
    expect(asked).toBe(1);
    poller.refresh();
    expect(asked).toBe(2);
  });
});
