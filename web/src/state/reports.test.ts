import { ConnectionLost } from "@agent-chat/client/errors";
import type { MessageReport } from "@agent-chat/client/frames";
import { beforeEach, describe, expect, it } from "vitest";

import { Reports } from "./reports";

let stored: MessageReport[];
let hasMore: boolean;
let fails: Error | null;
let reports: Reports;

function reportOf(seq: number, by = "bea"): MessageReport {
  return { seq, by: { id: by, name: by }, reason: "Rude.", reported_at_ms: 0 };
}

function request(action: string, command: object): Promise<never> {
  if (fails !== null) return Promise.reject(fails);
  if (action === "settle") stored = stored.filter(({ seq }) => seq !== (command as { seq: number }).seq);
  return Promise.resolve({ reports: stored, after: hasMore ? "more" : null } as never);
}

beforeEach(async () => {
  [fails, hasMore] = [null, false];
  stored = [reportOf(3), reportOf(3, "cem"), reportOf(9)];
  reports = new Reports({ request }, "lunch");
  await reports.load();
});

function shown(): [number, number][] | undefined {
  return reports.view.get().reported?.map(({ seq, reports: of }) => [seq, of.length]);
}

describe("what was reported", () => {
  it("is shown message by message, the newest first", () => {
    expect(shown()).toEqual([
      [9, 1],
      [3, 2],
    ]);
  });

  it("goes at once when somebody decides, after what they do about it", async () => {
    const order: string[] = [];
    const deciding = reports.settle(3, () => Promise.resolve(order.push("deed", String(stored.length))));
    expect(shown()).toEqual([[9, 1]]);
    await deciding;
    expect([order, stored]).toEqual([["deed", "3"], [reportOf(9)]]);
  });

  it("comes back where that is refused, and is not settled", async () => {
    await expect(reports.settle(3, () => Promise.reject(new Error("outranked")))).rejects.toThrow("outranked");
    expect(shown()).toHaveLength(2);
    fails = new ConnectionLost();
    await expect(reports.settle(9)).rejects.toBe(fails);
    expect(shown()).toHaveLength(2);
  });

  it("stays away while it is being decided, whatever is read meanwhile", async () => {
    let finish: (() => void) | undefined;
    const deciding = reports.settle(3, () => new Promise<void>((resolve) => (finish = resolve)));
    await reports.load();
    expect(shown()).toEqual([[9, 1]]);
    finish?.();
    await deciding;
    expect(shown()).toEqual([[9, 1]]);
  });

  it("goes once another moderator has decided", async () => {
    stored = [reportOf(9)];
    await reports.load();
    expect(shown()).toEqual([[9, 1]]);
  });

  it("makes room for more", async () => {
    hasMore = true;
    await reports.load();
    stored.push(reportOf(12));
    await reports.settle(9);
    expect(shown()?.map(([seq]) => seq)).toEqual([12, 3]);
  });

  it("is nothing for who moderates no more", () => {
    reports.stop();
    expect(reports.view.get().reported).toBeNull();
  });
});
