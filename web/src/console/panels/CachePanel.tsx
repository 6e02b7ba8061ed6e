import { useState } from "react";

import type { Request } from "../answers.generated";
import { type CacheUse, cacheNumbers } from "../cacheNumbers";
import { ActionDialog } from "../parts/ActionDialog";
import { Panel } from "../parts/Panel";
import { type Column, Table } from "../parts/Table";
import { momentText } from "../time";
import { useOperators } from "../useOperators";
import { usePolled } from "../usePolled";
import { CACHE } from "../words";

/** CloudWatch has no newer numbers, and takes money for each reading. */
const EVERY_MS = 60_000;

const SCOPES = ["room", "user", "prefix", "all"] as const satisfies readonly Request["scope"][];

const COLUMNS: readonly Column<CacheUse>[] = [
  { title: CACHE.kind, cell: (use) => use.kind },
  { title: CACHE.tier, cell: (use) => use.tier },
  { title: CACHE.hits, cell: (use) => use.hits.toLocaleString(), isNumber: true },
  { title: CACHE.misses, cell: (use) => use.misses.toLocaleString(), isNumber: true },
  { title: CACHE.stale, cell: (use) => use.stale.toLocaleString(), isNumber: true },
  { title: CACHE.ratio, cell: (use) => CACHE.percent(use.hitRatio), isNumber: true },
];

export function CachePanel() {
  const operators = useOperators();
  const watched = usePolled(() => operators.metrics(), EVERY_MS);
  return (
    <>
      <Panel title={CACHE.title} about={CACHE.about} watched={watched}>
        {({ samples, read_at_ms }) => {
          const { uses, events } = cacheNumbers(samples);
          return (
            <>
              <p className="panel__time">{CACHE.readAt(momentText(read_at_ms))}</p>
              <Table
                caption={CACHE.title}
                columns={COLUMNS}
                rows={uses}
                keyOf={({ kind, tier }) => `${kind} ${tier}`}
                empty={CACHE.none}
              />
              {Object.keys(events).length > 0 && <p>{CACHE.events(events)}</p>}
            </>
          );
        }}
      </Panel>
      <Invalidation />
    </>
  );
}

function Invalidation() {
  const operators = useOperators();
  const [scope, setScope] = useState<Request["scope"]>("room");
  const [value, setValue] = useState("");
  const [isAsked, setIsAsked] = useState(false);
  const [done, setDone] = useState<string | null>(null);
  const isWhole = scope === "all";
  return (
    <section className="panel" aria-label={CACHE.invalidate}>
      <header className="panel__header">
        <h2>{CACHE.invalidate}</h2>
      </header>
      <p className="panel__about">{CACHE.invalidateAbout}</p>
      <form
        className="filters"
        onSubmit={(event) => {
          event.preventDefault();
          setDone(null);
          setIsAsked(true);
        }}
      >
        <label className="field">
          <span className="field__label">{CACHE.scope}</span>
          <select
            className="input"
            value={scope}
            onChange={(event) => {
              setScope(SCOPES.find((it) => it === event.target.value) ?? "room");
            }}
          >
            {SCOPES.map((it) => (
              <option key={it} value={it}>
                {CACHE.scopes[it]}
              </option>
            ))}
          </select>
        </label>
        {!isWhole && (
          <label className="field">
            <span className="field__label">{CACHE.value}</span>
            <input
              className="input"
              value={value}
              maxLength={128}
              onChange={(event) => {
                setValue(event.target.value);
              }}
            />
          </label>
        )}
        <button type="submit" className="button" disabled={!isWhole && value.trim() === ""}>
          {CACHE.declare}
        </button>
      </form>
      <p role="status">{done}</p>
      {isAsked && (
        <ActionDialog
          title={CACHE.invalidate}
          reasonLabel={CACHE.why}
          confirm={CACHE.declareNow}
          isDangerous={isWhole}
          act={async (why, key) => {
            const wanted = isWhole ? { scope, why } : { scope, why, value: value.trim() };
            const noted = await operators.invalidate(wanted, key);
            setDone(CACHE.declared(noted.in_force_within_ms));
          }}
          onDone={() => {
            setValue("");
          }}
          onClose={() => {
            setIsAsked(false);
          }}
        >
          <p>{CACHE.effect(scope, value.trim())}</p>
        </ActionDialog>
      )}
    </section>
  );
}
