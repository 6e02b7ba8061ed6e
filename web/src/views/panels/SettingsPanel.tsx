import type { Room, RoomSettings as Settings } from "@agent-chat/client/frames";
import { type SubmitEvent, useEffect, useState } from "react";

import { AlertLevelPicker } from "../../components/AlertLevelPicker";
import { Failure } from "../../components/Failure";
import { IconButton } from "../../components/IconButton";
import { PanelFrame } from "../../components/PanelFrame";
import { useStore } from "../../hooks/useStore";
import { useWords } from "../../hooks/useWords";
import type { Conversation } from "../../state/conversation";
import { moderates } from "../../state/rights";
import { RoomSettings, SLOW_MODES_S, wordsIn } from "../../state/roomSettings";

interface SettingsPanelProps {
  readonly talk: Conversation;
  /** As the list of rooms has it; null while that is not here. */
  readonly entry: Room | null;
  readonly onClose: () => void;
}

/** What is set for the room: moderators change it, others may look. */
export function SettingsPanel({ talk, entry, onClose }: SettingsPanelProps) {
  const words = useWords();
  const { roomSettings: text } = words;
  const [known] = useState(() => new RoomSettings(talk.connection, talk.room.id));
  const { settings, failure } = useStore(known.view);
  const changes = useStore(talk.settings);
  const [refusal, setRefusal] = useState<unknown>(null);
  useEffect(() => {
    void known.load();
  }, [known, changes]);
  useEffect(() => talk.room.watch({ onEntered: () => void known.load() }), [talk, known]);

  const isLeader = moderates(entry?.role ?? null);
  const tryTo = (act: () => Promise<void>): void => {
    setRefusal(null);
    act().catch(setRefusal);
  };
  return (
    <PanelFrame title={text.title} testId="settings-panel" onClose={onClose}>
      <div className="panel__body room-settings">
        <p className="room-settings__lead">{isLeader ? text.lead : text.readOnly}</p>
        <Failure error={failure} />
        <Failure error={refusal} say={text.notChanged} testId="settings-refused" />
        {settings === null && failure === null && <p className="room-settings__lead">{words.messages.loading}</p>}
        {settings !== null && (
          <>
            <SlowMode
              slowModeS={settings.slow_mode_s}
              isLeader={isLeader}
              onPick={(slowModeS) => {
                tryTo(() => known.slowDown(slowModeS));
              }}
            />
            {isLeader && (
              <BlockedWords
                blocked={settings.blocked_words}
                onBlock={(typed) => {
                  tryTo(() => known.block(typed));
                }}
                onUnblock={(word) => {
                  tryTo(() => known.unblock(word));
                }}
              />
            )}
          </>
        )}
        {entry !== null && <Joining kind={entry.kind} />}
        {entry?.member === true && <AlertLevelPicker room={entry.room} kind={entry.kind} />}
      </div>
    </PanelFrame>
  );
}

interface SlowModeProps {
  readonly slowModeS: number;
  readonly isLeader: boolean;
  readonly onPick: (seconds: number) => void;
}

function SlowMode({ slowModeS, isLeader, onPick }: SlowModeProps) {
  const { slowMode } = useWords().roomSettings;
  // Another client may have set what is not offered here.
  const offered = [...new Set([...SLOW_MODES_S, slowModeS])].sort((a, b) => a - b);
  return (
    <label className="field">
      <span className="field__label">{slowMode.title}</span>
      {isLeader ? (
        <select
          className="input"
          data-testid="slow-mode"
          value={slowModeS}
          onChange={({ target }) => {
            onPick(Number(target.value));
          }}
        >
          {offered.map((seconds) => (
            <option key={seconds} value={seconds}>
              {slowMode.wait(seconds)}
            </option>
          ))}
        </select>
      ) : (
        <output data-testid="slow-mode">{slowMode.wait(slowModeS)}</output>
      )}
      <span className="field__hint">{slowMode.hint}</span>
    </label>
  );
}

interface BlockedWordsProps {
  readonly blocked: Settings["blocked_words"];
  readonly onBlock: (words: readonly string[]) => void;
  readonly onUnblock: (word: string) => void;
}

function BlockedWords({ blocked, onBlock, onUnblock }: BlockedWordsProps) {
  const { words } = useWords().roomSettings;
  const [typed, setTyped] = useState("");
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    onBlock(wordsIn(typed));
    setTyped("");
  };
  return (
    <section className="field" aria-label={words.title}>
      <h3 className="field__label">{words.title}</h3>
      <form className="room-settings__add" onSubmit={onSubmit}>
        <input
          className="input"
          data-testid="block-words"
          aria-label={words.label}
          placeholder={words.placeholder}
          autoComplete="off"
          value={typed}
          onChange={({ target }) => {
            setTyped(target.value);
          }}
        />
        <button type="submit" className="button" data-testid="block-button" disabled={wordsIn(typed).length === 0}>
          {words.add}
        </button>
      </form>
      <span className="field__hint">{words.hint}</span>
      <p className="field__hint" role="status">
        {blocked.length === 0 ? words.none : words.count(blocked.length)}
      </p>
      <ul className="chips">
        {blocked.map((word) => (
          <li key={word} className="chip" data-testid="blocked-word" data-word={word}>
            {word}
            <IconButton
              icon="close"
              label={words.remove(word)}
              onClick={() => {
                onUnblock(word);
              }}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Joining({ kind }: { readonly kind: Room["kind"] }) {
  const { rooms, roomSettings } = useWords();
  const isPublic = kind === "public";
  return (
    <section className="field" aria-label={roomSettings.join.title}>
      <h3 className="field__label">{roomSettings.join.title}</h3>
      <p>{isPublic ? rooms.create.public : rooms.create.private}</p>
      <span className="field__hint">{roomSettings.join.fixed}</span>
    </section>
  );
}
