import type { Copy } from "@agent-chat/client/changes";
import { MAX_TEXT_CHARS } from "@agent-chat/client/frames";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";

import { useGrowingBox } from "../hooks/useGrowingBox";
import { useMessageActions } from "../hooks/useMessageActions";
import { useWords } from "../hooks/useWords";
import { isPressed, SHORTCUTS } from "../state/shortcuts";

/** One's own message while it is given another text: Enter saves, Escape leaves it as it was. */
export function EditForm({ message }: { readonly message: Copy }) {
  const { finishEdit } = useMessageActions();
  const words = useWords();
  const [text, setText] = useState(message.text);
  const input = useRef<HTMLTextAreaElement>(null);
  useGrowingBox(input, text);
  useEffect(() => {
    input.current?.focus();
    input.current?.setSelectionRange(Infinity, Infinity);
  }, []);
  const length = Array.from(text).length;
  const canSave = text.trim() !== "" && length <= MAX_TEXT_CHARS;
  const save = (): void => {
    if (canSave) finishEdit(message, text.trim());
  };
  const cancel = (): void => {
    finishEdit(message, null);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (isPressed("close", event)) cancel();
    if (event.key !== SHORTCUTS.send.key || isPressed("newLine", event) || event.nativeEvent.isComposing) return;
    event.preventDefault();
    save();
  };
  return (
    <form
      className="edit"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <textarea
        ref={input}
        className="edit__input"
        data-testid="edit-input"
        aria-label={words.messages.edit.label}
        aria-invalid={length > MAX_TEXT_CHARS}
        rows={1}
        dir="auto"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
        }}
        onKeyDown={onKeyDown}
      />
      <p className="edit__actions">
        {length > MAX_TEXT_CHARS && <span role="status">{MAX_TEXT_CHARS - length}</span>}
        <button type="button" className="button button--small" onClick={cancel}>
          {words.shell.cancel}
        </button>
        <button type="submit" className="button button--small button--primary" data-testid="edit-save" disabled={!canSave}>
          {words.messages.edit.save}
        </button>
      </p>
    </form>
  );
}
