import { describe, expect, it } from "vitest";

import { barsOf, clockTime } from "./waveform";

describe("a waveform", () => {
  it("has one bar a byte, as tall as the byte says", () => {
    expect(barsOf(btoa("\u0000\u00ff\u0033"))).toEqual([0, 1, 0.2]);
  });

  it("is empty where there is none, or none that could be read", () => {
    expect(barsOf(null)).toEqual([]);
    expect(barsOf("!!")).toEqual([]);
  });

  it("stands beside the time as clocks write it", () => {
    expect([0, 5.4, 65, 3600, -1].map(clockTime)).toEqual(["0:00", "0:05", "1:05", "60:00", "0:00"]);
  });
});
