import { useEffect, useState } from "react";

import { Dialog } from "../../components/Dialog";
import { readRunbook } from "../runbooks";
import { ALARMS, CONSOLE } from "../words";

/** A runbook beside its alarm, so that whoever was woken need not look for it. */
export function RunbookDialog({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const [text, setText] = useState<string | null>(null);
  useEffect(() => {
    let isCurrent = true;
    readRunbook(name).then(
      (found) => {
        if (isCurrent) setText(found ?? ALARMS.noRunbook(name));
      },
      () => {
        if (isCurrent) setText(ALARMS.noRunbook(name));
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [name]);
  return (
    <Dialog label={ALARMS.runbook(name)} className="runbook" onClose={onClose}>
      {/* It is longer than the screen, and has to be read with the keyboard, too. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className="runbook__text" tabIndex={0}>
        {text ?? CONSOLE.loading}
      </pre>
      <div className="form__actions runbook__actions">
        <button type="button" className="button" onClick={onClose}>
          {CONSOLE.close}
        </button>
      </div>
    </Dialog>
  );
}
