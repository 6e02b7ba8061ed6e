import type { Fields } from "@agent-chat/client/shape";

import { Panel } from "../parts/Panel";
import { type Column, Table } from "../parts/Table";
import { useOperators } from "../useOperators";
import { usePolled } from "../usePolled";
import { COST, numberText } from "../words";
import { DashboardPanel } from "./MetricsPanel";

/** It asks CloudFormation for all stacks: not often. */
const EVERY_MS = 60_000;
const DASHBOARD = "cost";
const HOURS = 3;

/** A quota of the account; `used` is null where nobody could tell. */
interface Quota {
  readonly name: string;
  readonly used: number | null;
  readonly limit: number | null;
}

const COLUMNS: readonly Column<Quota>[] = [
  { title: COST.quota, cell: ({ name }) => name.replaceAll("_", " ") },
  { title: COST.gauge, cell: (quota) => <Gauge quota={quota} /> },
  { title: COST.used, cell: ({ used }) => (used === null ? "–" : numberText(used)), isNumber: true },
  { title: COST.limit, cell: ({ limit }) => (limit === null ? "–" : numberText(limit)), isNumber: true },
];

export function CostPanel() {
  const operators = useOperators();
  const watched = usePolled(() => operators.infrastructure(), EVERY_MS);
  return (
    <>
      <DashboardPanel title={COST.title} name={DASHBOARD} hours={HOURS} />
      <Panel title={COST.quotas} about={COST.quotasAbout} watched={watched}>
        {({ parts }) => (
          <Table
            caption={COST.quotas}
            columns={COLUMNS}
            rows={[...(parts["account"]?.items ?? []), ...(parts["quotas"]?.items ?? [])].map(quotaOf)}
            keyOf={({ name }) => name}
            empty={COST.none}
          />
        )}
      </Panel>
    </>
  );
}

function quotaOf(item: Fields): Quota {
  const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null);
  return { name: String(item["name"] ?? item["key"]), used: numberOf(item["used"]), limit: numberOf(item["limit"]) };
}

function Gauge({ quota: { name, used, limit } }: { readonly quota: Quota }) {
  if (used === null || limit === null || limit === 0) return COST.unknown;
  return (
    <meter className="gauge" min={0} max={limit} low={limit * 0.6} high={limit * 0.8} optimum={0} value={used} aria-label={name}>
      {COST.percent(used / limit)}
    </meter>
  );
}
