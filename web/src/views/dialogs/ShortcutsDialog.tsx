import { Dialog } from "../../components/Dialog";
import { IconButton } from "../../components/IconButton";
import { useWords } from "../../hooks/useWords";
import { isApple, type Keys, SHORTCUT_GROUPS, type ShortcutName, SHORTCUTS } from "../../state/shortcuts";
import type { Words } from "../../words/words";

type KeyWords = Words["keyboard"]["list"]["keys"];
type Group = keyof typeof SHORTCUT_GROUPS;

/** Which keys do what. */
export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  const { keyboard, shell } = useWords();
  const { title } = keyboard.list;
  return (
    <Dialog label={title} className="form-dialog settings" onClose={onClose}>
      <header className="settings__header">
        <h2>{title}</h2>
        <IconButton icon="close" label={shell.close} testId="close-shortcuts" onClick={onClose} />
      </header>
      {/* Scrolls by keyboard too, so it has to be reachable by it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="settings__body" data-testid="shortcuts" role="region" aria-label={title} tabIndex={0}>
        {(Object.keys(SHORTCUT_GROUPS) as Group[]).map((group) => (
          <ShortcutGroup key={group} group={group} />
        ))}
      </div>
    </Dialog>
  );
}

function ShortcutGroup({ group }: { readonly group: Group }) {
  const { list } = useWords().keyboard;
  return (
    <section className="shortcuts">
      <h3>{list.groups[group]}</h3>
      <dl>
        {SHORTCUT_GROUPS[group].map((name: ShortcutName) => (
          <div key={name} className="shortcuts__row">
            <dt>{list.names[name]}</dt>
            <dd>
              {namesOf(SHORTCUTS[name], list.keys).map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** As they are printed on the keys. */
function namesOf({ key, mod, alt, shift }: Keys, words: KeyWords): string[] {
  const [control, option, capital] = isApple() ? ["⌘", "⌥", "⇧"] : [words.control, words.alt, words.shift];
  return [
    ...(mod ? [control] : []),
    ...(alt ? [option] : []),
    ...(shift ? [capital] : []),
    key in words ? words[key as keyof KeyWords] : key.toUpperCase(),
  ];
}
