import { useState } from "react";

import { Avatar } from "../../components/Avatar";
import { Dialog } from "../../components/Dialog";
import { IconButton } from "../../components/IconButton";
import { ColoursPicker, LanguagePicker } from "../../components/PreferencePicker";
import { useWords } from "../../hooks/useWords";
import type { SessionKeeper } from "../../state/sessionKeeper";
import { DataSettings } from "./DataSettings";
import { EraseDialog } from "./EraseDialog";
import { PushSettings } from "./PushSettings";

interface SettingsDialogProps {
  readonly keeper: SessionKeeper;
  readonly onShortcuts: () => void;
  readonly onSignOut: () => void;
  /** The account is being erased. */
  readonly onErased: () => void;
  readonly onClose: () => void;
}

/** Who one is, what one has set for this browser, and what one may do about one's account. */
export function SettingsDialog({ keeper, onShortcuts, onSignOut, onErased, onClose }: SettingsDialogProps) {
  const { keyboard, settings, shell } = useWords();
  const [isErasing, setIsErasing] = useState(false);
  return (
    <Dialog label={settings.title} className="form-dialog settings" onClose={onClose}>
      <header className="settings__header">
        <h2>{settings.title}</h2>
        <IconButton icon="close" label={shell.close} testId="close-settings" onClick={onClose} />
      </header>
      <div className="settings__body">
        <Identity keeper={keeper} />
        <section className="settings__pair">
          <LanguagePicker />
          <ColoursPicker />
          <button type="button" className="text-button settings__keys" data-testid="open-shortcuts" onClick={onShortcuts}>
            {keyboard.list.title}
          </button>
        </section>
        <PushSettings session={keeper} />
        <DataSettings session={keeper} />
        <section className="settings__end">
          <button type="button" className="button" data-testid="settings-sign-out" onClick={onSignOut}>
            {settings.leave}
          </button>
          <button
            type="button"
            className="text-button text-button--danger"
            data-testid="erase-account"
            onClick={() => {
              setIsErasing(true);
            }}
          >
            {settings.erase.open}
          </button>
        </section>
      </div>
      {isErasing && (
        <EraseDialog
          session={keeper}
          onErased={onErased}
          onClose={() => {
            setIsErasing(false);
          }}
        />
      )}
    </Dialog>
  );
}

function Identity({ keeper: { user, source } }: { readonly keeper: SessionKeeper }) {
  const { settings } = useWords();
  return (
    <section className="settings__me" data-testid="identity">
      <Avatar id={user.id} name={user.name} />
      <span className="settings__name">{user.name}</span>
      <span className="settings__id">@{user.id}</span>
      <span className="field__hint">{settings.signedInBy(source.kind)}</span>
    </section>
  );
}
