import { lazy, type ReactNode, Suspense, useState } from "react";

import type { Dashboard, Panel as PanelData } from "../answers.generated";
import { type ChartData, chartData, newest } from "../chartData";
import { Panel } from "../parts/Panel";
import { type Column, Table } from "../parts/Table";
import { momentText } from "../time";
import { useOperators } from "../useOperators";
import { usePolled } from "../usePolled";
import { CONSOLE, METRICS, numberText } from "../words";

/** The charts' library comes with the first chart. */
const Chart = lazy(() => import("../parts/Chart"));

/** CloudWatch has no newer numbers, and takes money for each reading. */
const EVERY_MS = 60_000;
const HOURS = [1, 3, 12] as const;
const FIRST = "service";

export function MetricsPanel() {
  const operators = useOperators();
  const names = usePolled(() => operators.dashboards(), null);
  const [name, setName] = useState(FIRST);
  const [hours, setHours] = useState<number>(HOURS[0]);
  const tools = (
    <div className="filters">
      <label className="field">
        <span className="field__label">{METRICS.dashboard}</span>
        <select
          className="input"
          value={name}
          onChange={(event) => {
            setName(event.target.value);
          }}
        >
          {(names.value?.names ?? [FIRST]).map((it) => (
            <option key={it}>{it}</option>
          ))}
        </select>
      </label>
      <label className="field">
        <span className="field__label">{METRICS.period}</span>
        <select
          className="input"
          value={hours}
          onChange={(event) => {
            setHours(Number(event.target.value));
          }}
        >
          {HOURS.map((it) => (
            <option key={it} value={it}>
              {METRICS.hours(it)}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
  return <DashboardPanel key={`${name} ${hours}`} title={METRICS.title} name={name} hours={hours} tools={tools} />;
}

interface DashboardPanelProps {
  readonly title: string;
  readonly name: string;
  readonly hours: number;
  readonly tools?: ReactNode;
}

/** One dashboard with all of its charts. */
export function DashboardPanel({ title, name, hours, tools }: DashboardPanelProps) {
  const operators = useOperators();
  const watched = usePolled(() => operators.dashboard(name, hours), EVERY_MS);
  return (
    <Panel title={title} about={aboutOf(watched.value)} watched={watched} tools={tools}>
      {({ panels }) => (
        <div className="charts">
          {panels.map((panel) => (
            <Graph key={panel.title} panel={panel} />
          ))}
        </div>
      )}
    </Panel>
  );
}

function aboutOf(dashboard: Dashboard | null): string {
  return dashboard === null ? METRICS.about : dashboard.about.replaceAll("`", "");
}

function Graph({ panel }: { readonly panel: PanelData }) {
  const title = METRICS.titleWithUnit(panel.title, panel.unit);
  const data = chartData(panel);
  return (
    <figure className="graph" data-shows={panel.shows}>
      <figcaption className="graph__title">{title}</figcaption>
      {data.atS.length === 0 ? (
        <p className="panel__empty">{METRICS.noData}</p>
      ) : panel.shows === "number" ? (
        newest(panel).map(({ label, value }) => (
          <p key={label} className="graph__number">
            {value === null ? "–" : METRICS.number(value, panel.unit)}
          </p>
        ))
      ) : (
        <Drawn title={title} panel={panel} data={data} />
      )}
    </figure>
  );
}

function Drawn({ title, panel, data }: { readonly title: string; readonly panel: PanelData; readonly data: ChartData }) {
  const columns: Column<number>[] = [
    { title: METRICS.time, cell: (at) => momentText((data.atS[at] ?? 0) * 1_000) },
    ...panel.lines.map(
      (line): Column<number> => ({
        title: line.label,
        cell: (at) => valueAt(panel, line.label, data.atS[at] ?? 0),
        isNumber: true,
      }),
    ),
  ];
  const rows = data.atS.map((_, at) => at).reverse();
  return (
    <>
      <Suspense fallback={<p className="chart">{CONSOLE.loading}</p>}>
        <Chart title={title} data={data} fills={panel.shows === "areas"} />
      </Suspense>
      <ul className="legend">
        {newest(panel).map(({ label, value }, at) => (
          <li key={label} data-colour={at % 6}>
            {label} {value !== null && <strong>{numberText(value)}</strong>}
          </li>
        ))}
      </ul>
      <details>
        <summary>{METRICS.table}</summary>
        <Table caption={title} columns={columns} rows={rows} keyOf={(at) => at} empty={METRICS.noData} />
      </details>
    </>
  );
}

/** As it was measured: areas in the chart stand on each other, numbers in the table do not. */
function valueAt(panel: PanelData, label: string, atS: number): string {
  const line = panel.lines.find((it) => it.label === label);
  const value = line?.values[line.at_s.indexOf(atS)];
  return value === undefined ? "–" : numberText(value);
}
