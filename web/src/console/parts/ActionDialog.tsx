import { type ReactNode, useId, useState } from "react";

import { Dialog } from "../../components/Dialog";
import { CONSOLE } from "../words";
import { Failure } from "./Failure";

/** What the server takes of a reason. */
const MAX_REASON_CHARS = 500;

interface ActionDialogProps {
  readonly title: string;
  /** What will happen, before it does. */
  readonly children: ReactNode;
  readonly reasonLabel: string;
  readonly confirm: string;
  readonly isDangerous?: boolean;
  /** The key stays the same however often this dialog tries. */
  readonly act: (reason: string, key: string) => Promise<unknown>;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Asks for a reason, shows what will happen, and stays open with the error where it does not. */
export function ActionDialog(props: ActionDialogProps) {
  const { title, children, reasonLabel, confirm, isDangerous = false, act, onDone, onClose } = props;
  const [reason, setReason] = useState("");
  const [key] = useState(() => crypto.randomUUID());
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const field = useId();

  const submit = async (): Promise<void> => {
    setIsBusy(true);
    setError(null);
    try {
      await act(reason.trim(), key);
      onDone();
      onClose();
    } catch (failure) {
      setError(failure);
      setIsBusy(false);
    }
  };

  return (
    <Dialog label={title} className="form-dialog action-dialog" onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <h2>{title}</h2>
        <div className="action-dialog__effect">{children}</div>
        <div className="field">
          <label className="field__label" htmlFor={field}>
            {reasonLabel}
          </label>
          <textarea
            id={field}
            className="input action-dialog__reason"
            rows={2}
            value={reason}
            maxLength={MAX_REASON_CHARS}
            onChange={(event) => {
              setReason(event.target.value);
            }}
          />
        </div>
        <Failure error={error} onRetry={null} />
        <div className="form__actions">
          <button type="button" className="button" onClick={onClose}>
            {CONSOLE.cancel}
          </button>
          <button
            type="submit"
            className={`button ${isDangerous ? "button--danger" : "button--primary"}`}
            disabled={isBusy || reason.trim() === ""}
          >
            {isBusy ? CONSOLE.working : confirm}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
