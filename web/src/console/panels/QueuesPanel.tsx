import { useState } from "react";

import type { LetterView, QueueView } from "../answers.generated";
import { Badge } from "../parts/Badge";
import { Panel } from "../parts/Panel";
import { type Column, Table } from "../parts/Table";
import { type Treatment, TreatmentForm } from "../parts/TreatmentForm";
import { momentText } from "../time";
import { useOperators } from "../useOperators";
import { usePolled } from "../usePolled";
import { QUEUES } from "../words";

/** Each look is a call for each queue. */
const EVERY_MS = 30_000;

const LETTERS: readonly Column<LetterView>[] = [
  { title: QUEUES.letter, cell: (letter) => <code>{letter.id}</code> },
  { title: QUEUES.sent, cell: (letter) => momentText(letter.sent_at_ms) },
  { title: QUEUES.receives, cell: (letter) => letter.receives, isNumber: true },
  { title: QUEUES.outline, cell: (letter) => <code>{letter.outline}</code> },
];

export function QueuesPanel() {
  const operators = useOperators();
  const watched = usePolled(() => operators.deadLetters(), EVERY_MS);
  const [opened, setOpened] = useState<string | null>(null);
  const columns: readonly Column<QueueView>[] = [
    { title: QUEUES.queue, cell: (queue) => queue.name },
    {
      title: QUEUES.waiting,
      cell: (queue) => <Badge tone={queue.waiting === 0 ? "good" : "bad"}>{QUEUES.count(queue.waiting)}</Badge>,
    },
    { title: QUEUES.hidden, cell: (queue) => queue.hidden, isNumber: true },
    { title: QUEUES.oldest, cell: (queue) => QUEUES.age(queue.oldest_s), isNumber: true },
    { title: QUEUES.backTo, cell: (queue) => QUEUES.destinations[queue.redrive] ?? queue.redrive },
    {
      title: QUEUES.look,
      cell: (queue) => (
        <button
          type="button"
          className="button button--small"
          onClick={() => {
            setOpened(queue.name);
          }}
        >
          {QUEUES.open(queue.name)}
        </button>
      ),
    },
  ];
  return (
    <>
      <Panel title={QUEUES.title} about={QUEUES.about} watched={watched}>
        {({ queues }) => (
          <Table
            caption={QUEUES.title}
            columns={columns}
            rows={[...queues].sort((a, b) => b.waiting - a.waiting)}
            keyOf={(queue) => queue.name}
            empty={QUEUES.none}
          />
        )}
      </Panel>
      {opened !== null && <OpenedQueue key={opened} queue={opened} onTreated={watched.refresh} />}
    </>
  );
}

function OpenedQueue({ queue, onTreated }: { readonly queue: string; readonly onTreated: () => void }) {
  const operators = useOperators();
  // Looking takes letters from others for a moment, so it is asked for and not polled.
  const watched = usePolled(() => operators.letters(queue), null);
  const [done, setDone] = useState<string | null>(null);
  const onDone = (action: Treatment, count: number, failed: number): void => {
    setDone(QUEUES.done(action, count, failed));
    watched.refresh();
    onTreated();
  };
  return (
    <Panel title={QUEUES.opened(queue)} about={QUEUES.openedAbout} watched={watched}>
      {({ letters }) => (
        <>
          <Table caption={QUEUES.opened(queue)} columns={LETTERS} rows={letters} keyOf={({ id }) => id} empty={QUEUES.empty} />
          <TreatmentForm queue={queue} onDone={onDone} />
          <p role="status" data-testid="treated">
            {done}
          </p>
        </>
      )}
    </Panel>
  );
}
