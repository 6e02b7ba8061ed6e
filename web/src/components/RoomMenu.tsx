import { useCallback, useRef, useState } from "react";

import type { MenuPanel } from "../hooks/useRoomActions";
import { useWords } from "../hooks/useWords";
import { Icon, type IconName } from "./Icon";
import { Menu } from "./Menu";

const ICONS: Readonly<Record<MenuPanel, IconName>> = { files: "image", reports: "flag", settings: "settings" };

interface RoomMenuProps {
  readonly panels: readonly MenuPanel[];
  /** Reported messages that wait for a moderator. */
  readonly openReports: number;
  readonly onOpen: (panel: MenuPanel) => void;
}

/** What is looked at now and then, behind one button; nothing where there is none. */
export function RoomMenu({ panels, openReports, onOpen }: RoomMenuProps) {
  const { room, formats } = useWords();
  const [isOpen, setIsOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = useCallback(() => {
    setIsOpen(false);
  }, []);
  if (panels.length === 0) return null;
  const label = openReports === 0 ? room.menu.label : room.menu.labelWithReports(openReports);
  return (
    <>
      <button
        ref={button}
        type="button"
        className="icon-button room__menu"
        data-testid="room-menu"
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={() => {
          setIsOpen((was) => !was);
        }}
      >
        <Icon name="more" />
        {openReports > 0 && (
          <span className="room__open-reports" data-testid="open-reports">
            {formats.number(openReports)}
          </span>
        )}
      </button>
      {isOpen && (
        <Menu
          anchor={button}
          label={room.menu.label}
          items={panels.map((panel) => ({
            name: panel,
            label: panel === "reports" ? room.menu.reports(openReports) : room.menu[panel],
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
