import type { Check } from "../answers.generated";
import { Badge } from "../parts/Badge";
import { Panel } from "../parts/Panel";
import { type Column, Table } from "../parts/Table";
import { useOperators } from "../useOperators";
import { usePolled } from "../usePolled";
import { HEALTH } from "../words";

/** The stage looks at its dependencies once a second at most, however many ask. */
const EVERY_MS = 5_000;

type Row = readonly [name: string, check: Check];

const COLUMNS: readonly Column<Row>[] = [
  { title: HEALTH.dependency, cell: ([name]) => HEALTH.names[name] ?? name },
  {
    title: HEALTH.state,
    cell: ([, check]) => <Badge tone={check.ok ? "good" : "bad"}>{check.ok ? HEALTH.ok : HEALTH.failing}</Badge>,
  },
  { title: HEALTH.latency, cell: ([, check]) => HEALTH.ms(check.latency_ms), isNumber: true },
];

export function HealthPanel() {
  const operators = useOperators();
  const watched = usePolled(() => operators.health(), EVERY_MS);
  return (
    <Panel title={HEALTH.title} about={HEALTH.about} watched={watched}>
      {({ status, checks }) => (
        <>
          <p className="panel__verdict" role="status" data-testid="verdict">
            <Badge tone={status === "ok" ? "good" : "bad"}>{status === "ok" ? HEALTH.well : HEALTH.degraded}</Badge>
          </p>
          <Table
            caption={HEALTH.title}
            columns={COLUMNS}
            rows={Object.entries(checks ?? {})}
            keyOf={([name]) => name}
            empty={HEALTH.none}
          />
        </>
      )}
    </Panel>
  );
}
