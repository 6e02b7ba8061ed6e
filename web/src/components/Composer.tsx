import { MAX_TEXT_CHARS, type Message } from "@agent-chat/client/frames";
import { UPLOAD_TYPES } from "@agent-chat/client/uploadKinds";
import { type ClipboardEvent, type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from "react";

import { useGrowingBox } from "../hooks/useGrowingBox";
import { useMentionBox } from "../hooks/useMentionBox";
import { useWords } from "../hooks/useWords";
import type { Mentionable } from "../state/mentioning";
import { isPressed, SHORTCUTS } from "../state/shortcuts";
import { summaryOf } from "../state/wording";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";
import { MentionList } from "./MentionList";

/** From here on the person is told how much room is left. */
const COUNT_FROM = MAX_TEXT_CHARS - 500;

interface ComposerProps {
  readonly placeholder: string;
  readonly draft: string;
  readonly people: Mentionable;
  /** What is being answered. */
  readonly answering?: Message | null;
  readonly onCancelAnswer?: () => void;
  readonly onDraft: (text: string) => void;
  /** False where the message is not taken, because too many wait: what was written stays. */
  readonly onSend: (text: string) => boolean;
  /** Left out where only words can be sent. */
  readonly onFiles?: (files: File[]) => void;
  /** Up was pressed with nothing written. */
  readonly onEditLast?: () => void;
}

export function Composer(props: ComposerProps) {
  const { placeholder, draft, people, answering = null, onCancelAnswer, onDraft, onSend, onFiles, onEditLast } = props;
  const { room, messages } = useWords();
  const { composer } = room;
  const [text, setText] = useState(draft);
  const [isFull, setIsFull] = useState(false);
  const input = useRef<HTMLTextAreaElement>(null);
  useGrowingBox(input, text);
  const listId = useId();
  const length = Array.from(text).length; // as the server counts: code points
  const canSend = text.trim() !== "" && length <= MAX_TEXT_CHARS;

  const write = (next: string): void => {
    setText(next);
    onDraft(next);
  };
  const mentions = useMentionBox(people, input, write);
  const isOffering = mentions.offered.length > 0;

  useLayoutEffect(() => {
    // On a touch screen focus opens the keyboard, which nobody has asked for yet.
    if (!isTouch()) input.current?.focus();
  }, []);
  useEffect(() => {
    if (answering !== null) input.current?.focus();
  }, [answering]);

  const send = (): void => {
    if (!canSend) return;
    const isTaken = onSend(text.trim());
    setIsFull(!isTaken);
    if (isTaken) write("");
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (mentions.onKey(event)) return;
    if (isPressed("close", event) && answering !== null) {
      event.stopPropagation();
      onCancelAnswer?.();
    }
    if (isPressed("editLast", event) && text === "" && onEditLast !== undefined) {
      event.preventDefault();
      onEditLast();
    }
    // With Ctrl or Cmd it sends, too: many are used to that.
    if (event.key !== SHORTCUTS.send.key || isPressed("newLine", event) || event.nativeEvent.isComposing || isTouch()) return;
    event.preventDefault();
    send();
  };
  const onPaste = (event: ClipboardEvent): void => {
    const files = [...event.clipboardData.files];
    if (files.length === 0 || onFiles === undefined) return;
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
      {answering !== null && <Answering message={answering} onCancel={onCancelAnswer} />}
      {isOffering && <MentionList id={listId} users={mentions.offered} chosen={mentions.chosen} onTake={mentions.take} />}
      {onFiles !== undefined && <FilePicker onFiles={onFiles} />}
      <textarea
        ref={input}
        className="composer__input"
        data-testid="composer-input"
        rows={1}
        dir="auto"
        value={text}
        placeholder={placeholder}
        aria-label={placeholder}
        aria-invalid={length > MAX_TEXT_CHARS}
        aria-autocomplete="list"
        aria-controls={isOffering ? listId : undefined}
        aria-activedescendant={isOffering ? `${listId}-${mentions.chosen}` : undefined}
        onChange={(event) => {
          write(event.target.value);
        }}
        onSelect={({ currentTarget }) => {
          mentions.look(currentTarget.value, currentTarget.selectionStart);
        }}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
      {isFull && (
        <span className="composer__count" data-over role="alert">
          {messages.composer.full}
        </span>
      )}
      {length > COUNT_FROM && (
        <span className="composer__count" data-over={length > MAX_TEXT_CHARS} role="status">
          {MAX_TEXT_CHARS - length}
        </span>
      )}
      <button
        type="submit"
        className="composer__send"
        data-testid="send-button"
        aria-label={composer.send}
        disabled={!canSend}
      >
        <Icon name="send" />
      </button>
    </form>
  );
}

function Answering({ message, onCancel }: { readonly message: Message; readonly onCancel: (() => void) | undefined }) {
  const words = useWords();
  const { composer, quote } = words.messages;
  return (
    <div className="composer__answer" data-testid="answering">
      <p>
        <strong>{composer.replyingTo(message.from?.name ?? quote.unknown)}</strong> <span>{summaryOf(words, message)}</span>
      </p>
      <IconButton icon="close" label={composer.cancelReply} onClick={onCancel} />
    </div>
  );
}

function FilePicker({ onFiles }: { readonly onFiles: (files: File[]) => void }) {
  const { composer } = useWords().room;
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
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
      <IconButton icon="image" label={composer.image} testId="upload-button" onClick={() => picker.current?.click()} />
    </>
  );
}

function isTouch(): boolean {
  return window.matchMedia("(pointer: coarse)").matches;
}
