import { useState } from "react";

import type { DeedView } from "../answers.generated";
import { ChainVerdict } from "../parts/ChainVerdict";
import { Failure } from "../parts/Failure";
import { Panel } from "../parts/Panel";
import { type Column, Table } from "../parts/Table";
import { momentText } from "../time";
import { useOperators } from "../useOperators";
import { usePolled } from "../usePolled";
import { AUDIT } from "../words";

const COLUMNS: readonly Column<DeedView>[] = [
  { title: AUDIT.when, cell: (deed) => momentText(deed.at_ms) },
  { title: AUDIT.who, cell: (deed) => deed.operator },
  { title: AUDIT.what, cell: (deed) => deed.what },
  { title: AUDIT.about, cell: (deed) => deed.about },
  { title: AUDIT.why, cell: (deed) => deed.why },
];

export function AuditPanel() {
  const [day, setDay] = useState(() => new Date().toISOString().slice(0, 10));
  return (
    <>
      <Day key={day} day={day} onDay={setDay} />
      <ChainVerdict />
    </>
  );
}

interface DayProps {
  readonly day: string;
  readonly onDay: (day: string) => void;
}

/** The deeds of one day, filtered here: a day has few. */
function Day({ day, onDay }: DayProps) {
  const operators = useOperators();
  const [filter, setFilter] = useState("");
  const watched = usePolled(() => operators.audit(day), null);
  return (
    <Panel title={AUDIT.title} about={AUDIT.explanation} watched={watched}>
      {({ deeds, next }) => (
        <>
          <div className="filters">
            <label className="field">
              <span className="field__label">{AUDIT.day}</span>
              <input
                className="input"
                type="date"
                value={day}
                onChange={(event) => {
                  if (event.target.value !== "") onDay(event.target.value);
                }}
              />
            </label>
            <label className="field">
              <span className="field__label">{AUDIT.filter}</span>
              <input
                className="input"
                type="search"
                value={filter}
                onChange={(event) => {
                  setFilter(event.target.value);
                }}
              />
            </label>
          </div>
          <Table
            caption={AUDIT.title}
            columns={COLUMNS}
            rows={deeds.filter((deed) => says(deed, filter))}
            keyOf={(deed) => deed.id}
            empty={AUDIT.none}
          />
          {next !== null && <Earlier day={day} start={next} filter={filter} />}
        </>
      )}
    </Panel>
  );
}

/** What stands behind a page of a day, once somebody asks for it. */
function Earlier({ day, start, filter }: { readonly day: string; readonly start: string; readonly filter: string }) {
  const operators = useOperators();
  const [isWanted, setIsWanted] = useState(false);
  const [found, setFound] = useState<{ readonly deeds: readonly DeedView[]; readonly next: string | null } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const load = (): void => {
    setIsWanted(true);
    setError(null);
    operators.audit(day, start).then(setFound, setError);
  };
  if (found === null) {
    return (
      <>
        <Failure error={error} onRetry={load} />
        <button type="button" className="button" disabled={isWanted && error === null} onClick={load}>
          {AUDIT.earlier}
        </button>
      </>
    );
  }
  return (
    <>
      <Table
        caption={AUDIT.earlierDeeds}
        columns={COLUMNS}
        rows={found.deeds.filter((deed) => says(deed, filter))}
        keyOf={(deed) => deed.id}
        empty={AUDIT.none}
      />
      {found.next !== null && <Earlier day={day} start={found.next} filter={filter} />}
    </>
  );
}

function says({ operator, what, about, why }: DeedView, text: string): boolean {
  return [operator, what, about, why].join("\n").toLowerCase().includes(text.trim().toLowerCase());
}
