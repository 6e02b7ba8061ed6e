import { type ClipboardEvent, type KeyboardEvent, useLayoutEffect, useRef, useState } from "react";

import { useWords } from "../hooks/useWords";
import { UPLOAD_TYPES } from "../protocol/api";
import { MAX_TEXT_CHARS } from "../protocol/frames";
import { Icon } from "./Icon";

/** From here on the person is told how much room is left. */
const COUNT_FROM = MAX_TEXT_CHARS - 500;

interface ComposerProps {
  readonly roomTitle: string;
  readonly draft: string;
  readonly onDraft: (text: string) => void;
  /** False where the message is not taken, because too many wait: what was written stays. */
  readonly onSend: (text: string) => boolean;
  readonly onFiles: (files: File[]) => void;
}

export function Composer({ roomTitle, draft, onDraft, onSend, onFiles }: ComposerProps) {
  const { composer } = useWords().room;
  const [text, setText] = useState(draft);
  const [isFull, setIsFull] = useState(false);
  const input = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const length = Array.from(text).length; // as the server counts: code points
  const canSend = text.trim() !== "" && length <= MAX_TEXT_CHARS;

  useLayoutEffect(() => {
    const box = input.current;
    if (box === null) return;
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
  }, [text]);

  useLayoutEffect(() => {
    // On a touch screen focus opens the keyboard, which nobody has asked for yet.
    if (!isTouch()) input.current?.focus();
  }, []);

  const write = (next: string): void => {
    setText(next);
    onDraft(next);
  };
  const send = (): void => {
    if (!canSend) return;
    const isTaken = onSend(text.trim());
    setIsFull(!isTaken);
    if (isTaken) write("");
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing || isTouch()) return;
    event.preventDefault();
    send();
  };
  const onPaste = (event: ClipboardEvent): void => {
    const files = [...event.clipboardData.files];
    if (files.length === 0) return;
    event.preventDefault();
    onFiles(files);
  };

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <input
        ref={picker}
        className="visually-hidden"
        data-testid="upload-input"
        type="file"
        accept={UPLOAD_TYPES.join(",")}
        multiple
        tabIndex={-1}
        aria-label={composer.chooseImages}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
      <button
        type="button"
        className="icon-button"
        data-testid="upload-button"
        aria-label={composer.image}
        title={composer.image}
        onClick={() => picker.current?.click()}
      >
        <Icon name="image" />
      </button>
      <textarea
        ref={input}
        className="composer__input"
        data-testid="composer-input"
        rows={1}
        dir="auto"
        value={text}
        placeholder={composer.placeholder(roomTitle)}
        aria-label={composer.placeholder(roomTitle)}
        aria-invalid={length > MAX_TEXT_CHARS}
        onChange={(event) => {
          write(event.target.value);
        }}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
      {isFull && (
        <span className="composer__count" data-over role="alert">
          Too many messages wait to be sent.
        </span>
      )}
      {length > COUNT_FROM && (
        <span className="composer__count" data-over={length > MAX_TEXT_CHARS} role="status">
          {MAX_TEXT_CHARS - length}
        </span>
      )}
      <button type="submit" className="composer__send" data-testid="send-button" aria-label={composer.send} disabled={!canSend}>
        <Icon name="send" />
      </button>
    </form>
  );
}

function isTouch(): boolean {
  return window.matchMedia("(pointer: coarse)").matches;
}
