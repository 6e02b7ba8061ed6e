import { useState } from "react";

import type { Alarm, Alerts, Care, Turn } from "../answers.generated";
import { ActionDialog } from "../parts/ActionDialog";
import { Badge } from "../parts/Badge";
import { Panel } from "../parts/Panel";
import { RunbookDialog } from "../parts/RunbookDialog";
import { type Column, Table } from "../parts/Table";
import { runbookOf, urgencyOf, withoutReferences } from "../runbooks";
import { momentText } from "../time";
import { useOperators } from "../useOperators";
import { usePolled } from "../usePolled";
import { ALARMS } from "../words";

/** CloudWatch judges alarms once a minute. */
const EVERY_MS = 15_000;

const TURNS: readonly Column<Turn>[] = [
  { title: ALARMS.when, cell: (turn) => momentText(turn.at_ms) },
  { title: ALARMS.alarm, cell: (turn) => turn.name },
  { title: ALARMS.what, cell: (turn) => turn.summary },
];

const CARES: readonly Column<Care>[] = [
  { title: ALARMS.alarm, cell: (care) => care.name },
  { title: ALARMS.since, cell: (care) => momentText(care.since_ms) },
  { title: ALARMS.who, cell: (care) => care.acknowledged.operator },
  { title: ALARMS.note, cell: (care) => care.acknowledged.note },
];

export function AlarmsPanel() {
  const operators = useOperators();
  const watched = usePolled(() => operators.alerts(), EVERY_MS);
  const [taken, setTaken] = useState<Alarm | null>(null);
  return (
    <>
      <Panel title={ALARMS.title} about={ALARMS.about} watched={watched}>
        {(alerts) => <Found alerts={alerts} onTake={setTaken} />}
      </Panel>
      {taken !== null && (
        <ActionDialog
          title={ALARMS.takeOn}
          reasonLabel={ALARMS.note}
          confirm={ALARMS.takeOn}
          act={(note, key) => operators.acknowledge(taken.name, note, key)}
          onDone={watched.refresh}
          onClose={() => {
            setTaken(null);
          }}
        >
          <p>{ALARMS.effect(taken.name)}</p>
        </ActionDialog>
      )}
    </>
  );
}

function Found({ alerts, onTake }: { readonly alerts: Alerts; readonly onTake: (alarm: Alarm) => void }) {
  return (
    <>
      <p className="panel__verdict" role="status">
        {ALARMS.count(alerts.active.length, alerts.quiet)}
      </p>
      <ul className="cards">
        {alerts.active.map((alarm) => (
          <li key={alarm.name} className="card" data-testid="alarm" data-alarm={alarm.name}>
            <ActiveAlarm alarm={alarm} onTake={onTake} />
          </li>
        ))}
      </ul>
      <h3>{ALARMS.caredFor}</h3>
      <Table
        caption={ALARMS.caredFor}
        columns={CARES}
        rows={alerts.cared_for}
        keyOf={(care) => `${care.name} ${care.since_ms}`}
        empty={ALARMS.nobody}
      />
      <h3>{ALARMS.history}</h3>
      <Table
        caption={ALARMS.history}
        columns={TURNS}
        rows={alerts.history}
        keyOf={(turn) => `${turn.name} ${turn.at_ms} ${turn.summary}`}
        empty={ALARMS.nothing}
      />
    </>
  );
}

function ActiveAlarm({ alarm, onTake }: { readonly alarm: Alarm; readonly onTake: (alarm: Alarm) => void }) {
  const runbook = runbookOf(alarm.means);
  const urgency = urgencyOf(alarm.means);
  const [isReading, setIsReading] = useState(false);
  return (
    <>
      <h3 className="card__title">{alarm.name}</h3>
      <p className="card__facts">
        {urgency !== null && <Badge tone={urgency === "page" ? "bad" : "wary"}>{urgency}</Badge>}
        <span>{ALARMS.sinceWhen(momentText(alarm.since_ms))}</span>
      </p>
      <p>{withoutReferences(alarm.means)}</p>
      <p className="card__reason">{alarm.reason}</p>
      {alarm.acknowledged !== null && (
        <p data-testid="acknowledged">{ALARMS.looksAfterIt(alarm.acknowledged.operator, alarm.acknowledged.note)}</p>
      )}
      <p className="card__actions">
        <button
          type="button"
          className="button button--small"
          onClick={() => {
            onTake(alarm);
          }}
        >
          {alarm.acknowledged === null ? ALARMS.takeOn : ALARMS.takeOver}
        </button>
        {runbook !== null && (
          <button
            type="button"
            className="text-button"
            onClick={() => {
              setIsReading(true);
            }}
          >
            {ALARMS.runbook(runbook)}
          </button>
        )}
      </p>
      {runbook !== null && isReading && (
        <RunbookDialog
          name={runbook}
          onClose={() => {
            setIsReading(false);
          }}
        />
      )}
    </>
  );
}
