import { useState } from "react";

import type { FlagView, Sample } from "../answers.generated";
import { Badge } from "../parts/Badge";
import { FlagDialog } from "../parts/FlagDialog";
import { Panel } from "../parts/Panel";
import { type Column, Table } from "../parts/Table";
import { momentText } from "../time";
import { useOperators } from "../useOperators";
import { usePolled } from "../usePolled";
import { FLAGS } from "../words";

const EVERY_MS = 30_000;
/** CloudWatch has no newer numbers, and takes money for each reading. */
const NUMBERS_EVERY_MS = 60_000;

/** What the stage has measured of one variant in the newest minute; null where it has not. */
interface Outcome {
  readonly variant: string;
  readonly exposures: number | null;
  readonly ackMs: number | null;
  readonly deliveryMs: number | null;
}

const OUTCOMES: readonly Column<Outcome>[] = [
  { title: FLAGS.variant, cell: ({ variant }) => variant },
  { title: FLAGS.exposures, cell: ({ exposures }) => FLAGS.number(exposures), isNumber: true },
  { title: FLAGS.ack, cell: ({ ackMs }) => FLAGS.ms(ackMs), isNumber: true },
  { title: FLAGS.delivery, cell: ({ deliveryMs }) => FLAGS.ms(deliveryMs), isNumber: true },
];

export function FlagsPanel() {
  const operators = useOperators();
  const flags = usePolled(() => operators.flags(), EVERY_MS);
  const numbers = usePolled(() => operators.metrics(), NUMBERS_EVERY_MS);
  const [edited, setEdited] = useState<FlagView | null>(null);
  return (
    <>
      <Panel title={FLAGS.title} about={FLAGS.about} watched={flags}>
        {(found) => (
          <ul className="cards">
            {found.flags.map((flag) => (
              <li key={flag.flag} className="card" data-testid="flag" data-flag={flag.flag}>
                <FlagCard flag={flag} onEdit={setEdited} />
              </li>
            ))}
          </ul>
        )}
      </Panel>
      <Panel title={FLAGS.outcomes} about={FLAGS.outcomesAbout} watched={numbers}>
        {({ samples }) => (
          <Table
            caption={FLAGS.outcomes}
            columns={OUTCOMES}
            rows={(flags.value?.flags ?? []).flatMap((flag) => flag.variants.map((it) => outcomeOf(samples, flag.flag, it)))}
            keyOf={({ variant }) => variant}
            empty={FLAGS.none}
          />
        )}
      </Panel>
      {edited !== null && (
        <FlagDialog
          flag={edited}
          onDone={flags.refresh}
          onClose={() => {
            setEdited(null);
          }}
        />
      )}
    </>
  );
}

function FlagCard({ flag, onEdit }: { readonly flag: FlagView; readonly onEdit: (flag: FlagView) => void }) {
  return (
    <>
      <h3 className="card__title">{flag.flag}</h3>
      <p className="card__facts">
        <Badge tone={flag.rule.on ? "good" : "plain"}>{flag.rule.on ? FLAGS.on : FLAGS.off}</Badge>
        <span>{FLAGS.changed(flag.version, flag.changed_at_ms === 0 ? null : momentText(flag.changed_at_ms))}</span>
      </p>
      <p>{flag.means.replaceAll(/`([^`]*)`/gu, "“$1”")}</p>
      <p>{FLAGS.shares(flag)}</p>
      <p className="card__actions">
        <button
          type="button"
          className="button button--small"
          onClick={() => {
            onEdit(flag);
          }}
        >
          {FLAGS.edit(flag.flag)}
        </button>
      </p>
    </>
  );
}

/** Metrics call a variant `FLAG:VARIANT`. */
function outcomeOf(samples: readonly Sample[], flag: string, variant: string): Outcome {
  const name = `${flag}:${variant}`;
  const of = (metric: string): number | null =>
    samples.find((sample) => sample.name === metric && sample.labels["variant"] === name)?.value ?? null;
  return {
    variant: name,
    exposures: of("chat_exposures"),
    ackMs: of("chat_variant_ack_latency"),
    deliveryMs: of("chat_variant_delivery_latency"),
  };
}
