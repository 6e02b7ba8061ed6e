import { type Commands, MAX_INVITED, MAX_TITLE_CHARS } from "@agent-chat/client/frames";
import { type SubmitEvent, useEffect, useRef, useState } from "react";

import { Dialog } from "../components/Dialog";
import { useChat } from "../hooks/useChat";
import { useWords } from "../hooks/useWords";
import { goTo } from "../state/route";
import { explain } from "../state/wording";

type Kind = NonNullable<Commands["create"]["kind"]>;

/** User ids as people type lists: separated by commas, spaces or lines, with or without an @. */
export function parseIds(text: string): string[] {
  const ids = text.split(/[\s,;]+/u).map((id) => id.replace(/^@/u, ""));
  return [...new Set(ids.filter((id) => id !== ""))];
}

export function CreateRoom({ onClose }: { readonly onClose: () => void }) {
  const chat = useChat();
  const words = useWords();
  const { create: labels } = words.rooms;
  const [title, setTitle] = useState("");
  const [kind, setKind] = useState<Kind>("public");
  const [invited, setInvited] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  // One id for as long as the form says the same: asking again after a lost answer makes no second room.
  const [commandId, setCommandId] = useState(() => crypto.randomUUID());
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);

  const edit = (change: () => void): void => {
    change();
    setCommandId(crypto.randomUUID());
    setFailure(null);
  };

  const pickKind = (next: Kind): void => {
    edit(() => {
      setKind(next);
    });
  };

  const create = async (): Promise<void> => {
    const members = parseIds(invited);
    if (title.trim() === "") {
      setFailure(labels.needsName);
      return;
    }
    if (members.length > MAX_INVITED) {
      setFailure(labels.tooMany(MAX_INVITED));
      return;
    }
    setIsBusy(true);
    try {
      goTo(await chat.create({ title: title.trim(), kind, members }, commandId));
      onClose();
    } catch (error) {
      setFailure(explain(words, error));
      setIsBusy(false);
    }
  };

  return (
    <Dialog label={labels.title} className="form-dialog" onClose={onClose}>
      <form
        className="form"
        onSubmit={(event: SubmitEvent) => {
          event.preventDefault();
          void create();
        }}
      >
        <h2>{labels.title}</h2>
        <label className="field">
          <span className="field__label">{labels.name}</span>
          <input
            ref={first}
            className="input"
            data-testid="room-title-input"
            value={title}
            maxLength={MAX_TITLE_CHARS}
            placeholder={labels.namePlaceholder}
            autoComplete="off"
            onChange={(event) => {
              edit(() => {
                setTitle(event.target.value);
              });
            }}
          />
        </label>
        <fieldset className="choices">
          <legend className="field__label">{labels.kind}</legend>
          <KindChoice
            kind="public"
            current={kind}
            name={labels.public}
            hint={labels.publicHint}
            onPick={pickKind}
          />
          <KindChoice
            kind="private"
            current={kind}
            name={labels.private}
            hint={labels.privateHint}
            onPick={pickKind}
          />
        </fieldset>
        <label className="field">
          <span className="field__label">{labels.members}</span>
          <input
            className="input"
            data-testid="room-members-input"
            value={invited}
            placeholder={labels.membersPlaceholder}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            onChange={(event) => {
              edit(() => {
                setInvited(event.target.value);
              });
            }}
          />
          <span className="field__hint">{labels.membersHint}</span>
        </label>
        {failure !== null && (
          <p className="form__failure" role="alert">
            {failure}
          </p>
        )}
        <div className="form__actions">
          <button type="button" className="button" onClick={onClose}>
            {words.shell.cancel}
          </button>
          <button type="submit" className="button button--primary" data-testid="create-room-submit" disabled={isBusy}>
            {isBusy ? labels.submitting : labels.submit}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface KindChoiceProps {
  readonly kind: Kind;
  readonly current: Kind;
  readonly name: string;
  readonly hint: string;
  readonly onPick: (kind: Kind) => void;
}

function KindChoice({ kind, current, name, hint, onPick }: KindChoiceProps) {
  return (
    <label className="choice">
      <input
        type="radio"
        name="kind"
        data-testid={`room-kind-${kind}`}
        checked={kind === current}
        onChange={() => {
          onPick(kind);
        }}
      />
      <span className="choice__name">{name}</span>
      <span className="choice__hint">{hint}</span>
    </label>
  );
}
