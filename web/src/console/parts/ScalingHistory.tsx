import { useState } from "react";

import type { VersionView } from "../answers.generated";
import { momentText } from "../time";
import { useOperators } from "../useOperators";
import { SCALING } from "../words";
import { ActionDialog } from "./ActionDialog";
import { type Column, Table } from "./Table";

interface ScalingHistoryProps {
  /** The newest first: it is in force. */
  readonly versions: readonly VersionView[];
  readonly onStored: () => void;
}

export function ScalingHistory({ versions, onStored }: ScalingHistoryProps) {
  const operators = useOperators();
  const [wanted, setWanted] = useState<VersionView | null>(null);
  const newest = versions[0]?.version ?? 0;
  const columns: readonly Column<VersionView>[] = [
    { title: SCALING.version, cell: (it) => it.version },
    { title: SCALING.when, cell: (it) => (it.at_ms === 0 ? "" : momentText(it.at_ms)) },
    { title: SCALING.who, cell: (it) => it.operator },
    { title: SCALING.why, cell: (it) => it.why },
    { title: SCALING.values, cell: valuesOf },
    {
      title: SCALING.back,
      cell: (it) =>
        it.version === newest ? (
          SCALING.isInForce
        ) : (
          <button
            type="button"
            className="button button--small"
            onClick={() => {
              setWanted(it);
            }}
          >
            {SCALING.rollBack(it.version)}
          </button>
        ),
    },
  ];
  return (
    <>
      <Table caption={SCALING.history} columns={columns} rows={versions} keyOf={(it) => it.version} empty={SCALING.noHistory} />
      {wanted !== null && (
        <ActionDialog
          title={SCALING.rollBack(wanted.version)}
          reasonLabel={SCALING.why}
          confirm={SCALING.store}
          isDangerous
          act={(why, key) => operators.rollBack({ version: wanted.version, if_version: newest, why }, key)}
          onDone={onStored}
          onClose={() => {
            setWanted(null);
          }}
        >
          <p>{SCALING.rollBackEffect(wanted.version, valuesOf(wanted))}</p>
        </ActionDialog>
      )}
    </>
  );
}

/** What a version says beside the deployment, in one line. */
function valuesOf({ thresholds, limits, functions }: VersionView): string {
  const numbers = Object.entries({ ...thresholds, ...limits }).map(([name, value]) => `${name} ${value}`);
  const concurrency = Object.entries(functions).flatMap(([name, kinds]) =>
    Object.entries(kinds).map(([kind, value]) => `${name} ${kind} ${value}`),
  );
  return [...numbers, ...concurrency].join(", ") || SCALING.nothingElse;
}
