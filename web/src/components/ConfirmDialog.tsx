import type { ReactNode } from "react";

import { useWords } from "../hooks/useWords";
import { Dialog } from "./Dialog";

interface ConfirmDialogProps {
  readonly title: string;
  /** What will be, and whether it can be undone. */
  readonly text: string;
  /** On the button that does it. */
  readonly confirm: string;
  readonly testId: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  /** What it is about. */
  readonly children?: ReactNode;
}

/** Asks before something grave is done. */
export function ConfirmDialog({ title, text, confirm, testId, onConfirm, onClose, children }: ConfirmDialogProps) {
  const { shell } = useWords();
  return (
    <Dialog label={title} className="form-dialog" onClose={onClose}>
      <div className="form">
        <h2>{title}</h2>
        {children}
        <p>{text}</p>
        <div className="form__actions">
          <button type="button" className="button" onClick={onClose}>
            {shell.cancel}
          </button>
          <button type="button" className="button button--danger" data-testid={testId} onClick={onConfirm}>
            {confirm}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
