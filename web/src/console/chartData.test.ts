import { describe, expect, it } from "vitest";

import type { Panel } from "./answers.generated";
import { chartData, newest } from "./chartData";

const PANEL: Panel = {
  title: "Units",
  shows: "lines",
  unit: "",
  period_s: 60,
  lines: [
    { label: "rooms", at_s: [60, 120], values: [1, 2] },
    { label: "messages", at_s: [120, 180], values: [10, 20] },
  ],
};

describe("the data of a chart", () => {
  it("has every moment once, and nothing where a line has nothing", () => {
    expect(chartData(PANEL)).toEqual({
      atS: [60, 120, 180],
      lines: [
        { label: "rooms", values: [1, 2, null] },
        { label: "messages", values: [null, 10, 20] },
      ],
    });
  });

  it("puts areas on top of each other", () => {
    expect(chartData({ ...PANEL, shows: "areas" }).lines.map(({ values }) => values)).toEqual([
      [1, 2, null],
      [1, 12, 20],
    ]);
  });

  it("ends with the newest of each line", () => {
    expect(newest({ ...PANEL, lines: [...PANEL.lines, { label: "none", at_s: [], values: [] }] })).toEqual([
      { label: "rooms", value: 2 },
      { label: "messages", value: 20 },
      { label: "none", value: null },
    ]);
  });
});
