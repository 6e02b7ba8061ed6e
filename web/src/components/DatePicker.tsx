import { useRef } from "react";

import { useWords } from "../hooks/useWords";
import { Icon } from "./Icon";

/** The browser's own calendar behind a button. `onPick` gets the day's first moment, where the reader is. */
export function DatePicker({ onPick }: { readonly onPick: (atMs: number) => void }) {
  const { jumpToDate } = useWords().messages;
  const input = useRef<HTMLInputElement>(null);
  return (
    <span className="date-picker">
      <button
        type="button"
        className="icon-button"
        data-testid="open-date"
        aria-label={jumpToDate}
        title={jumpToDate}
        onClick={() => input.current?.showPicker()}
      >
        <Icon name="calendar" />
      </button>
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
