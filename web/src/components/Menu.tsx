import { type KeyboardEvent, type RefObject, useEffect, useRef } from "react";

import { Icon, type IconName } from "./Icon";
import { Popover } from "./Popover";

export interface MenuItem {
  readonly name: string;
  readonly label: string;
  readonly icon: IconName;
  readonly isDangerous?: boolean;
  readonly onPick: () => void;
}

interface MenuProps {
  readonly anchor: RefObject<HTMLElement | null>;
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly onClose: () => void;
}

/** A menu as the arrow keys, Home, End and the first letter expect it. What is picked closes it. */
export function Menu({ anchor, label, items, onClose }: MenuProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector("button")?.focus();
  }, []);

  const onKeyDown = (event: KeyboardEvent): void => {
    const buttons = [...(list.current?.querySelectorAll("button") ?? [])];
    const at = buttons.findIndex((it) => it === document.activeElement);
    const next = destination(event.key, at, buttons);
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
  };

  return (
    <Popover anchor={anchor} label={label} role="menu" className="menu" onClose={onClose}>
      {/* The menu is the popover around it; this only takes its keys. */}
      <div ref={list} role="presentation" onKeyDown={onKeyDown}>
        {items.map(({ name, label: text, icon, isDangerous = false, onPick }) => (
          <button
            key={name}
            type="button"
            role="menuitem"
            tabIndex={-1}
            className="menu__item"
            data-testid={`action-${name}`}
            data-dangerous={isDangerous}
            onClick={() => {
              onClose();
              anchor.current?.focus();
              onPick();
            }}
          >
            <Icon name={icon} /> {text}
          </button>
        ))}
      </div>
    </Popover>
  );
}

/** The item that a key leads to; undefined for one that leads nowhere. */
function destination(key: string, at: number, buttons: readonly HTMLButtonElement[]): HTMLButtonElement | undefined {
  switch (key) {
    case "ArrowDown":
      return buttons[(at + 1) % buttons.length];
    case "ArrowUp":
      return buttons.at(at - 1);
    case "Home":
      return buttons[0];
    case "End":
      return buttons.at(-1);
    default: {
      const behind = [...buttons.slice(at + 1), ...buttons.slice(0, at + 1)];
      const letter = key.toLocaleLowerCase();
      return letter.length === 1
        ? behind.find((it) => it.textContent.trim().toLocaleLowerCase().startsWith(letter))
        : undefined;
    }
  }
}
