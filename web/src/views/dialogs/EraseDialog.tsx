import { eraseAccount } from "@agent-chat/client/account";
import type { Session } from "@agent-chat/client/stage";
import { type SubmitEvent, useState } from "react";

import { Dialog } from "../../components/Dialog";
import { Failure } from "../../components/Failure";
import { useWords } from "../../hooks/useWords";
import { STAGE } from "../../state/stage";

interface EraseDialogProps {
  readonly session: Session;
  /** It has begun, and nothing ends it. */
  readonly onErased: () => void;
  readonly onClose: () => void;
}

/** Asks once more before an account is erased: whoever means it types their own name. */
export function EraseDialog({ session, onErased, onClose }: EraseDialogProps) {
  const words = useWords();
  const { erase } = words.settings;
  const { user } = session;
  const [typed, setTyped] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);

  const onSubmit = async (): Promise<void> => {
    setIsBusy(true);
    setFailure(null);
    try {
      await eraseAccount(STAGE, session.token, user.id);
      onErased();
    } catch (error) {
      setFailure(error);
      setIsBusy(false);
    }
  };

  return (
    <Dialog label={erase.title} className="form-dialog" onClose={onClose}>
      <form
        className="form"
        onSubmit={(event: SubmitEvent) => {
          event.preventDefault();
          void onSubmit();
        }}
      >
        <h2>{erase.title}</h2>
        <p>{erase.text}</p>
        <p>{erase.advice}</p>
        <label className="field">
          <span className="field__label">{erase.label(user.name)}</span>
          <input
            className="input"
            data-testid="erase-name"
            autoComplete="off"
            value={typed}
            onChange={({ target }) => {
              setTyped(target.value);
            }}
          />
        </label>
        <Failure error={failure} />
        <div className="form__actions">
          <button type="button" className="button" onClick={onClose}>
            {words.shell.cancel}
          </button>
          <button
            type="submit"
            className="button button--danger"
            data-testid="confirm-erase"
            disabled={isBusy || typed.trim() !== user.name}
          >
            {isBusy ? erase.submitting : erase.submit}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
