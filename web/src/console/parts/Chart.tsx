import "uplot/dist/uPlot.min.css";

import { useEffect, useRef } from "react";
import uPlot from "uplot";

import { useStore } from "../../hooks/useStore";
import { colours } from "../../state/preferences";
import type { ChartData } from "../chartData";
import { METRICS } from "../words";

const HEIGHT = 180;
/** Told apart by lightness too, and dashed from the seventh line on. */
const COLOURS = 6;

interface ChartProps {
  readonly title: string;
  readonly data: ChartData;
  readonly fills: boolean;
}

/** Lines over time. Whoever can't see it has the same numbers in the table behind it. */
export default function Chart({ title, data, fills }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const chosen = useStore(colours);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const draw = (): uPlot => new uPlot(optionsFor(element, data, fills), aligned(data, fills), element);
    let chart = draw();
    const redraw = (): void => {
      chart.destroy();
      chart = draw();
    };
    const size = new ResizeObserver(() => {
      chart.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    const scheme = window.matchMedia("(prefers-color-scheme: dark)");
    size.observe(element);
    scheme.addEventListener("change", redraw);
    return () => {
      size.disconnect();
      scheme.removeEventListener("change", redraw);
      chart.destroy();
    };
  }, [data, fills, chosen]);
  const labels = data.lines.map(({ label }) => label);
  return <div ref={box} className="chart" role="img" aria-label={METRICS.chart(title, labels)} />;
}

/** A little below nothing, so that a line of zeros is seen above the axis. */
function rangeTo(most: number): [number, number] {
  return [-0.02 * most, 1.08 * most];
}

/** Areas are drawn from the top one down, so that each covers what is not its own. */
function aligned({ atS, lines }: ChartData, fills: boolean): uPlot.AlignedData {
  const drawn = lines.map(({ values }) => [...values]);
  return [[...atS], ...(fills ? drawn.reverse() : drawn)];
}

function optionsFor(element: HTMLElement, { lines }: ChartData, fills: boolean): uPlot.Options {
  const style = getComputedStyle(element);
  const colourOf = (name: string): string => style.getPropertyValue(name);
  const axis: uPlot.Axis = {
    stroke: style.color,
    font: `12px ${style.fontFamily}`,
    grid: { stroke: style.borderTopColor, width: 1 },
    ticks: { show: false },
  };
  const series = lines.map(({ label }, at): uPlot.Series => {
    const stroke = colourOf(`--chart-${at % COLOURS}`);
    return { label, stroke, width: 1.5, points: { size: 4 }, ...(at >= COLOURS && { dash: [5, 4] }), ...(fills && { fill: stroke }) };
  });
  return {
    width: element.clientWidth,
    height: HEIGHT,
    series: [{}, ...(fills ? series.reverse() : series)],
    axes: [axis, { ...axis, size: 56 }],
    scales: { y: { range: (_chart, _least, most) => rangeTo(most > 0 ? most : 1) } },
    legend: { show: false },
    cursor: { show: false },
  };
}
