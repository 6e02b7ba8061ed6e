import { useCallback, useRef, useState } from "react";

import type { MenuPanel } from "../hooks/useRoomActions";
import { useWords } from "../hooks/useWords";
import { Icon, type IconName } from "./Icon";
import { Menu } from "./Menu";

const ICONS: Readonly<Record<MenuPanel, IconName>> = { settings: "settings" };

interface RoomMenuProps {
  readonly panels: readonly MenuPanel[];
  readonly onOpen: (panel: MenuPanel) => void;
}

/** What is looked at now and then, behind one button; nothing where there is none. */
export function RoomMenu({ panels, onOpen }: RoomMenuProps) {
  const { room } = useWords();
  const [isOpen, setIsOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = useCallback(() => {
    setIsOpen(false);
  }, []);
  if (panels.length === 0) return null;
  return (
    <>
      <button
        ref={button}
        type="button"
        className="icon-button"
        data-testid="room-menu"
        aria-label={room.menu.label}
        title={room.menu.label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={() => {
          setIsOpen((was) => !was);
        }}
      >
        <Icon name="more" />
      </button>
      {isOpen && (
        <Menu
          anchor={button}
          label={room.menu.label}
          items={panels.map((panel) => ({
            name: panel,
            label: room.menu[panel],
            icon: ICONS[panel],
            onPick: () => {
              onOpen(panel);
            },
          }))}
          onClose={close}
        />
      )}
    </>
  );
}
