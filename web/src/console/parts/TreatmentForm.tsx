import { useState } from "react";

import type { Treated } from "../answers.generated";
import { useOperators } from "../useOperators";
import { QUEUES } from "../words";
import { ActionDialog } from "./ActionDialog";
import { Failure } from "./Failure";

export type Treatment = "redrive" | "discard";

interface TreatmentFormProps {
  readonly queue: string;
  readonly onDone: (action: Treatment, done: number, failed: number) => void;
}

/** Which letters are meant and what becomes of them: shown first, done after a reason was given. */
export function TreatmentForm({ queue, onDone }: TreatmentFormProps) {
  const operators = useOperators();
  const [contains, setContains] = useState("");
  const [previewed, setPreviewed] = useState<{ readonly action: Treatment; readonly meant: Treated } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isAsking, setIsAsking] = useState(false);

  const preview = async (action: Treatment): Promise<void> => {
    setIsAsking(true);
    setError(null);
    try {
      const wanted = { why: QUEUES.preview, contains, dry_run: true };
      setPreviewed({ action, meant: await operators.treatLetters(queue, action, wanted, crypto.randomUUID()) });
    } catch (failure) {
      setError(failure);
    }
    setIsAsking(false);
  };

  return (
    <>
      <div className="filters">
        <label className="field">
          <span className="field__label">{QUEUES.contains}</span>
          <input
            className="input"
            value={contains}
            maxLength={200}
            onChange={(event) => {
              setContains(event.target.value);
            }}
          />
        </label>
        <button type="button" className="button" disabled={isAsking} onClick={() => void preview("redrive")}>
          {QUEUES.redrive}
        </button>
        <button type="button" className="button" disabled={isAsking} onClick={() => void preview("discard")}>
          {QUEUES.discard}
        </button>
      </div>
      <Failure error={error} onRetry={null} />
      {previewed !== null && (
        <ActionDialog
          title={QUEUES.titles[previewed.action]}
          reasonLabel={QUEUES.why}
          confirm={QUEUES.confirm[previewed.action]}
          isDangerous={previewed.action === "discard"}
          act={async (why, key) => {
            const limit = Math.max(previewed.meant.chosen, 1);
            const treated = await operators.treatLetters(queue, previewed.action, { why, contains, limit }, key);
            onDone(previewed.action, treated.done, treated.failed.length);
          }}
          onDone={() => {
            setContains("");
          }}
          onClose={() => {
            setPreviewed(null);
          }}
        >
          <p>{QUEUES.effect(previewed.action, previewed.meant.chosen, previewed.meant.looked_at)}</p>
          <ul className="letters">
            {previewed.meant.letters.slice(0, 5).map((letter) => (
              <li key={letter.id}>
                <code>{letter.outline}</code>
              </li>
            ))}
          </ul>
        </ActionDialog>
      )}
    </>
  );
}
