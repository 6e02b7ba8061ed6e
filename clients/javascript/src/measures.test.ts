import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { fingerprintOf, Measures } from "./measures.ts";

let measures: Measures;

beforeEach(() => {
  vi.useFakeTimers();
  measures = new Measures();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("what a page measures", () => {
  it("is told once", () => {
    measures.acked(80);
    measures.delivered(-3);
    measures.sent("ä");
    measures.received("abc");
    const nothing = { reconnects: 0, fallback_s: 0, vitals: {}, layout_shift: null, faults: [] };
    expect(measures.take()).toEqual({ ack_ms: [80], delivery_ms: [0], sent_bytes: 2, received_bytes: 3, ...nothing });
    expect(measures.take()).toBeNull();
  });

  it("is as much as a report takes, the newest of it", () => {
    for (let time = 1; time <= 60; time++) measures.acked(time);
    const times = measures.take()?.ack_ms;
    expect([times?.length, times?.at(0), times?.at(-1)]).toEqual([50, 11, 60]);
  });

  it("counts the seconds without a socket over several reports", () => {
    measures.fellBack(true);
    vi.advanceTimersByTime(4_000);
    expect(measures.take()?.fallback_s).toBe(4);
    vi.advanceTimersByTime(3_000);
    measures.fellBack(true);
    measures.fellBack(false);
    vi.advanceTimersByTime(60_000);
    expect(measures.take()?.fallback_s).toBe(3);
  });

  it("has a fault once, and not what it said", () => {
    const fault = new TypeError("Ada said hello");
    measures.failed(fault);
    measures.failed(fault);
    const report = measures.take();
    expect(report?.faults).toMatchObject([{ name: "TypeError" }]);
    expect(JSON.stringify(report)).not.toContain("hello");
  });

  it("takes whatever was thrown", () => {
    measures.failed("just text");
    measures.failed(Object.assign(new Error(), { name: "<b>" }));
    expect(measures.take()?.faults.map(({ name }) => name)).toEqual(["string", "b"]);
  });
});

describe("a fault's fingerprint", () => {
  const of = (stack: string): string => fingerprintOf(Object.assign(new TypeError("no"), { stack }));
  const before = of("TypeError: no\n    at send (https://a.test/assets/index-4f2aB_9c.js:1:234)\n    at https://a.test/assets/index-4f2aB_9c.js:1:9");

  it("is the same from build to build, and in every browser", () => {
    expect(before).toMatch(/^[0-9a-f]{12}$/u);
    expect(of("TypeError: other\n    at send (https://b.test/assets/index-0000aaaa.js:7:1)\n    at https://b.test/assets/index-0000aaaa.js:2:2")).toBe(before);
    expect(of("send@https://a.test/assets/index-4f2aB_9c.js:1:234\n@https://a.test/assets/index-4f2aB_9c.js:1:9")).toBe(before);
  });

  it("tells apart where it happened", () => {
    expect(of("TypeError: no\n    at read (https://a.test/assets/index-4f2aB_9c.js:1:234)")).not.toBe(before);
  });
});
