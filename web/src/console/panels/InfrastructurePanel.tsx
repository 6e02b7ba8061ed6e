import type { Fields } from "@agent-chat/client/shape";

import type { Part } from "../answers.generated";
import { Badge, type Tone } from "../parts/Badge";
import { Panel } from "../parts/Panel";
import { type Column, Table } from "../parts/Table";
import { useOperators } from "../useOperators";
import { usePolled } from "../usePolled";
import { INFRASTRUCTURE } from "../words";

/** It asks CloudFormation for all stacks: not often. */
const EVERY_MS = 60_000;

const TONES: Readonly<Record<string, Tone>> = { ok: "good", failed: "bad", late: "wary" };

export function InfrastructurePanel() {
  const operators = useOperators();
  const watched = usePolled(() => operators.infrastructure(), EVERY_MS);
  return (
    <Panel title={INFRASTRUCTURE.title} about={INFRASTRUCTURE.about} watched={watched}>
      {({ parts }) => Object.entries(parts).map(([name, part]) => <PartOfStage key={name} name={name} part={part} />)}
    </Panel>
  );
}

function PartOfStage({ name, part }: { readonly name: string; readonly part: Part }) {
  const title = INFRASTRUCTURE.parts[name] ?? name;
  const columns = columnsOf(part.items);
  const first = columns[0]?.title ?? "";
  return (
    <details className="part" data-part={name} open={part.items.length <= 12}>
      <summary>
        <span className="part__title">{title}</span>
        <Badge tone={TONES[part.state] ?? "plain"}>{INFRASTRUCTURE.state(part.state, part.items.length, part.took_ms)}</Badge>
      </summary>
      <Table
        caption={title}
        columns={columns}
        rows={part.items}
        keyOf={(item) => `${shown(item[first])} ${part.items.indexOf(item)}`}
        empty={INFRASTRUCTURE.nothing}
      />
    </details>
  );
}

/** Whatever the items have: the first one says which columns there are. */
function columnsOf(items: readonly Fields[]): Column<Fields>[] {
  return Object.entries(items[0] ?? {}).map(([name, value]) => ({
    title: name.replaceAll("_", " "),
    cell: (item) => shown(item[name]),
    isNumber: typeof value === "number",
  }));
}

function shown(value: unknown): string {
  if (typeof value === "number") return value.toLocaleString();
  if (value === null || value === undefined) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}
