import { useRef } from "react";

import { useWords } from "../hooks/useWords";
import { IconButton } from "./IconButton";

/** The browser's own calendar behind a button. `onPick` gets the day's first moment, where the reader is. */
export function DatePicker({ onPick }: { readonly onPick: (atMs: number) => void }) {
  const { jumpToDate } = useWords().messages;
  const input = useRef<HTMLInputElement>(null);
  return (
    <span className="date-picker">
      <IconButton icon="calendar" label={jumpToDate} testId="open-date" onClick={() => input.current?.showPicker()} />
      <input
        ref={input}
        type="date"
        className="date-picker__input"
        data-testid="date-input"
        aria-label={jumpToDate}
        tabIndex={-1}
        onChange={({ target }) => {
          const picked = new Date(`${target.value}T00:00`).getTime();
          if (!Number.isNaN(picked)) onPick(picked);
        }}
      />
    </span>
  );
}
