import type { Delivery, Effect } from "../answers.generated";
import type { Difference } from "../scalingDraft";
import { SCALING } from "../words";
import { type Column, Table } from "./Table";

const CHANGES: readonly Column<Difference>[] = [
  { title: SCALING.value, cell: ({ name }) => SCALING.names[name] ?? name },
  { title: SCALING.before, cell: ({ before }) => before ?? SCALING.asDeployed, isNumber: true },
  { title: SCALING.after, cell: ({ after }) => after ?? SCALING.asDeployed, isNumber: true },
];

const EFFECTS: readonly Column<Effect>[] = [
  { title: SCALING.room, cell: (it) => SCALING.load(it.online, it.rate_per_s) },
  { title: SCALING.before, cell: (it) => describe(it.before) },
  { title: SCALING.after, cell: (it) => describe(it.after) },
];

/** Which values will be others. */
export function Differences({ found }: { readonly found: readonly Difference[] }) {
  return <Table caption={SCALING.changes} columns={CHANGES} rows={found} keyOf={({ name }) => name} empty={SCALING.noChange} />;
}

/** How rooms of some sizes will be delivered to. */
export function EffectOnRooms({ effect }: { readonly effect: readonly Effect[] }) {
  return (
    <Table
      caption={SCALING.effect}
      columns={EFFECTS}
      rows={effect}
      keyOf={(it) => `${it.online} ${it.rate_per_s} ${it.size_bytes}`}
      empty={SCALING.noChange}
    />
  );
}

function describe({ tier, step, window_ms, posts_per_s }: Delivery): string {
  return SCALING.delivery(tier, step, window_ms, posts_per_s);
}
