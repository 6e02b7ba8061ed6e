/** Lines of a dashboard's panel on one axis of time, as a chart and a table want them. Pure. */

import type { Line, Panel } from "./answers.generated";

/** Columns: the moments in seconds, then a value a line for each; null where a line has none there. */
export interface ChartData {
  readonly atS: readonly number[];
  readonly lines: readonly { readonly label: string; readonly values: readonly (number | null)[] }[];
}

export function chartData(panel: Panel): ChartData {
  const atS = [...new Set(panel.lines.flatMap((line) => line.at_s))].sort((a, b) => a - b);
  const drawn = panel.lines.map((line) => ({ label: line.label, values: valuesAt(line, atS) }));
  return { atS, lines: panel.shows === "areas" ? stacked(drawn) : drawn };
}

/** The newest value of each line; null where it has none. */
export function newest(panel: Panel): readonly { readonly label: string; readonly value: number | null }[] {
  return panel.lines.map(({ label, values }) => ({ label, value: values.at(-1) ?? null }));
}

function valuesAt(line: Line, atS: readonly number[]): (number | null)[] {
  const values = new Map(line.at_s.map((at, index) => [at, line.values[index] ?? null]));
  return atS.map((at) => values.get(at) ?? null);
}

/** Each line on top of those before it. */
function stacked(lines: ChartData["lines"]): ChartData["lines"] {
  const below = new Map<number, number>();
  return lines.map(({ label, values }) => ({
    label,
    values: values.map((value, index) => {
      const sum = (below.get(index) ?? 0) + (value ?? 0);
      below.set(index, sum);
      return value === null && sum === 0 ? null : sum;
    }),
  }));
}
