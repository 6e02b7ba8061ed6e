/** Every key that does something in the chat, once: whoever handles a key looks here which one it is, and so does the list of them. */

export interface Keys {
  /** As `KeyboardEvent.key` has it. */
  readonly key: string;
  /** Ctrl, or Cmd on Apple's keyboards. */
  readonly mod?: true;
  readonly alt?: true;
  readonly shift?: true;
}

export const SHORTCUTS = {
  goTo: { key: "k", mod: true },
  previousRoom: { key: "ArrowUp", alt: true },
  nextRoom: { key: "ArrowDown", alt: true },
  previousUnread: { key: "ArrowUp", alt: true, shift: true },
  nextUnread: { key: "ArrowDown", alt: true, shift: true },
  list: { key: "?" },
  close: { key: "Escape" },
  olderMessage: { key: "ArrowUp" },
  newerMessage: { key: "ArrowDown" },
  messageMenu: { key: "Enter" },
  send: { key: "Enter" },
  newLine: { key: "Enter", shift: true },
  editLast: { key: "ArrowUp" },
} as const satisfies Record<string, Keys>;

export type ShortcutName = keyof typeof SHORTCUTS;

/** By where they hold: wherever one is, with the focus in the log, and in the field in which one writes. */
export const SHORTCUT_GROUPS = {
  anywhere: ["goTo", "previousRoom", "nextRoom", "previousUnread", "nextUnread", "list", "close"],
  log: ["olderMessage", "newerMessage", "messageMenu"],
  field: ["send", "newLine", "editLast"],
} as const satisfies Record<string, readonly ShortcutName[]>;

type Pressed = Pick<KeyboardEvent, "key" | "altKey" | "ctrlKey" | "metaKey" | "shiftKey">;

export function isPressed(name: ShortcutName, { key, altKey, ctrlKey, metaKey, shiftKey }: Pressed): boolean {
  const keys: Keys = SHORTCUTS[name];
  const [mod, other] = isApple() ? [metaKey, ctrlKey] : [ctrlKey, metaKey];
  // Which keys a sign needs is the keyboard's own affair: a question mark is on another one nearly everywhere.
  const isSign = keys.key.length === 1 && keys.mod === undefined;
  return (
    key.toLowerCase() === keys.key.toLowerCase() &&
    mod === (keys.mod ?? false) &&
    !other &&
    (isSign || (altKey === (keys.alt ?? false) && shiftKey === (keys.shift ?? false)))
  );
}

/** Whether a key that writes a sign is one here. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
}

/** Whether the keyboard has Cmd and its kin. */
export function isApple(): boolean {
  return /Macintosh|iPhone|iPad/u.test(navigator.userAgent);
}
