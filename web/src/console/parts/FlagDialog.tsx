import { useState } from "react";

import type { FlagView } from "../answers.generated";
import { draftOf, type FlagDraft, ruleOf, treatmentsOf } from "../flagDraft";
import { useOperators } from "../useOperators";
import { FLAGS } from "../words";
import { ActionDialog } from "./ActionDialog";
import { NumberField } from "./NumberField";

interface FlagDialogProps {
  readonly flag: FlagView;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** The whole rule of a flag: what is stored replaces all of the rule before it. */
export function FlagDialog({ flag, onDone, onClose }: FlagDialogProps) {
  const operators = useOperators();
  const [draft, setDraft] = useState<FlagDraft>(() => draftOf(flag));
  const set = (change: Partial<FlagDraft>): void => {
    setDraft({ ...draft, ...change });
  };
  const mistake = mistakeIn(flag, draft);
  return (
    <ActionDialog
      title={FLAGS.edit(flag.flag)}
      reasonLabel={FLAGS.why}
      confirm={FLAGS.store}
      act={(why, key) =>
        operators.changeFlag({ flag: flag.flag, rule: ruleOf(flag, draft), if_version: flag.version, why }, key)
      }
      onDone={onDone}
      onClose={onClose}
    >
      <label className="check">
        <input
          type="checkbox"
          checked={draft.on}
          onChange={(event) => {
            set({ on: event.target.checked });
          }}
        />
        {FLAGS.isOn}
      </label>
      {treatmentsOf(flag).map((variant) => (
        <NumberField
          key={variant}
          label={FLAGS.shareOf(variant)}
          hint={FLAGS.shareHint(flag.variants[0] ?? "")}
          value={draft.shares[variant] ?? ""}
          isWrong={false}
          onChange={(text) => {
            set({ shares: { ...draft.shares, [variant]: text } });
          }}
        />
      ))}
      {(["users", "rooms", "roles"] as const).map((kind) => (
        <label key={kind} className="field">
          <span className="field__label">{FLAGS.named[kind]}</span>
          <textarea
            className="input action-dialog__reason"
            rows={2}
            value={draft[kind]}
            onChange={(event) => {
              set({ [kind]: event.target.value });
            }}
          />
        </label>
      ))}
      {(["startsAt", "endsAt"] as const).map((end) => (
        <label key={end} className="field">
          <span className="field__label">{FLAGS.moments[end]}</span>
          <input
            className="input"
            type="datetime-local"
            value={draft[end]}
            onChange={(event) => {
              set({ [end]: event.target.value });
            }}
          />
        </label>
      ))}
      <label className="check">
        <input
          type="checkbox"
          checked={draft.dealsAnew}
          onChange={(event) => {
            set({ dealsAnew: event.target.checked });
          }}
        />
        {FLAGS.dealAnew}
      </label>
      <p role="status">{mistake ?? FLAGS.effect(flag, ruleOf(flag, draft))}</p>
    </ActionDialog>
  );
}

/** Null where the draft makes a rule. */
function mistakeIn(flag: FlagView, draft: FlagDraft): string | null {
  try {
    ruleOf(flag, draft);
    return null;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
