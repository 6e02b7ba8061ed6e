import { useEffect } from "react";

import { isPressed, isTyping, SHORTCUTS, type ShortcutName } from "../state/shortcuts";

export type ShortcutHandlers = Partial<Readonly<Record<ShortcutName, () => void>>>;

/** Does what a key is for wherever the focus is, unless a dialog is open or whatever has the focus takes the key itself. */
export function useShortcuts(handlers: ShortcutHandlers): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]") !== null) return;
      const name = (Object.keys(SHORTCUTS) as ShortcutName[]).find((it) => handlers[it] && isPressed(it, event));
      if (name === undefined) return;
      const writesSign = event.key.length === 1 && !event.ctrlKey && !event.metaKey;
      if (writesSign && isTyping(event.target)) return;
      event.preventDefault();
      handlers[name]?.();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => {
      window.removeEventListener("keydown", onKeyDown);
    };
  }, [handlers]);
}
