import { ALERT_LEVELS, type AlertLevel } from "@agent-chat/client/account";
import type { Room } from "@agent-chat/client/frames";
import { useEffect, useState } from "react";

import { useChat } from "../hooks/useChat";
import { useWords } from "../hooks/useWords";
import { explain } from "../state/wording";

interface AlertLevelPickerProps {
  readonly room: string;
  readonly kind: Room["kind"];
}

/** What one is told of a room on one's devices while one is away. Each member's own affair. */
export function AlertLevelPicker({ room, kind }: AlertLevelPickerProps) {
  const chat = useChat();
  const words = useWords();
  const { alerts } = words.roomSettings;
  const [level, setLevel] = useState<AlertLevel | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  useEffect(() => {
    let isLate = false;
    chat.alertLevel(room).then(
      (chosen) => {
        if (!isLate) setLevel(chosen ?? unchosen(kind));
      },
      (error: unknown) => {
        if (!isLate) setFailure(error);
      },
    );
    return () => {
      isLate = true;
    };
  }, [chat, room, kind]);

  const choose = (wanted: AlertLevel): void => {
    setLevel(wanted);
    setFailure(null);
    chat.chooseAlertLevel(room, wanted).catch((error: unknown) => {
      setLevel(level);
      setFailure(error);
    });
  };
  return (
    <label className="field">
      <span className="field__label">{alerts.title}</span>
      <select
        className="input"
        data-testid="alert-level"
        disabled={level === null}
        value={level ?? ""}
        onChange={({ target }) => {
          const wanted = ALERT_LEVELS.find((it) => it === target.value);
          if (wanted !== undefined) choose(wanted);
        }}
      >
        {level === null && <option value="">{words.messages.loading}</option>}
        {ALERT_LEVELS.map((it) => (
          <option key={it} value={it}>
            {alerts.levels[it]}
          </option>
        ))}
      </select>
      <span className="field__hint">{alerts.hint}</span>
      {failure !== null && (
        <span className="form__failure" role="alert">
          {explain(words, failure)}
        </span>
      )}
    </label>
  );
}

/** As the server has it for who has not said. */
function unchosen(kind: Room["kind"]): AlertLevel {
  return kind === "direct" ? "all" : "mentions";
}
