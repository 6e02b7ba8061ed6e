import { useStore } from "../hooks/useStore";
import { useWords } from "../hooks/useWords";
import { colours, language, type Preference } from "../state/preferences";

interface PickerProps {
  /** Small, and without a label to be seen: where it is beside the point. */
  readonly isQuiet?: boolean | undefined;
}

export function LanguagePicker({ isQuiet }: PickerProps) {
  const { settings } = useWords();
  return (
    <PreferencePicker
      preference={language}
      name="language"
      label={settings.language}
      unset={settings.browserLanguage}
      names={settings.languages}
      isQuiet={isQuiet}
    />
  );
}

export function ColoursPicker({ isQuiet }: PickerProps) {
  const { settings } = useWords();
  return (
    <PreferencePicker
      preference={colours}
      name="colours"
      label={settings.colours}
      unset={settings.systemColours}
      names={settings.colourNames}
      isQuiet={isQuiet}
    />
  );
}

interface PreferencePickerProps<T extends string> extends PickerProps {
  readonly preference: Preference<T>;
  readonly name: string;
  readonly label: string;
  /** What is said of no choice. */
  readonly unset: string;
  readonly names: Readonly<Record<T, string>>;
}

/** Takes effect at once, in every window of the browser. */
function PreferencePicker<T extends string>(props: PreferencePickerProps<T>) {
  const { preference, name, label, unset, names, isQuiet = false } = props;
  const chosen = useStore(preference);
  return (
    <label className="field">
      <span className={isQuiet ? "visually-hidden" : "field__label"}>{label}</span>
      <select
        className={isQuiet ? "select--quiet" : "input"}
        data-testid={`choose-${name}`}
        value={chosen ?? ""}
        onChange={({ target }) => {
          preference.choose(preference.values.find((value) => value === target.value) ?? null);
        }}
      >
        <option value="">{isQuiet ? `${label}: ${unset}` : unset}</option>
        {preference.values.map((value) => (
          <option key={value} value={value}>
            {names[value]}
          </option>
        ))}
      </select>
    </label>
  );
}
