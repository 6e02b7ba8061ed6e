import { useState } from "react";

import type { Chain } from "../answers.generated";
import { useOperators } from "../useOperators";
import { AUDIT, CONSOLE } from "../words";
import { Badge } from "./Badge";
import { Failure } from "./Failure";
import { type Column, Table } from "./Table";

const COLUMNS: readonly Column<Chain["breaks"][number]>[] = [
  { title: AUDIT.day, cell: (it) => it.day },
  { title: AUDIT.number, cell: (it) => it.number, isNumber: true },
  { title: AUDIT.broken, cell: (it) => it.why },
];

/** Whether the records are as they were written; it reads all of them, so it is asked for and never polled. */
export function ChainVerdict() {
  const operators = useOperators();
  const [chain, setChain] = useState<Chain | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isAsking, setIsAsking] = useState(false);
  const verify = async (): Promise<void> => {
    setIsAsking(true);
    setError(null);
    try {
      setChain(await operators.verifyAudit());
    } catch (failure) {
      setError(failure);
    }
    setIsAsking(false);
  };
  return (
    <section className="panel" aria-label={AUDIT.chain}>
      <header className="panel__header">
        <h2>{AUDIT.chain}</h2>
        <button type="button" className="button button--small" disabled={isAsking} onClick={() => void verify()}>
          {isAsking ? CONSOLE.working : AUDIT.verify}
        </button>
      </header>
      <p className="panel__about">{AUDIT.chainAbout}</p>
      <Failure error={error} onRetry={null} />
      <div role="status" data-testid="chain">
        {chain !== null && (
          <Badge tone={chain.breaks.length === 0 ? "good" : "bad"}>
            {AUDIT.verdict(chain.held, chain.days, chain.breaks.length, chain.complete)}
          </Badge>
        )}
      </div>
      {chain !== null && chain.breaks.length > 0 && (
        <Table
          caption={AUDIT.broken}
          columns={COLUMNS}
          rows={chain.breaks}
          keyOf={(it) => `${it.day} ${it.number} ${it.why}`}
          empty={AUDIT.none}
        />
      )}
    </section>
  );
}
