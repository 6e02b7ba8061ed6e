import type { ReactNode } from "react";

import type { HeaderPanel, MenuPanel } from "../hooks/useRoomActions";
import { useWords } from "../hooks/useWords";
import { goTo } from "../state/route";
import { DatePicker } from "./DatePicker";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";
import { RoomMenu } from "./RoomMenu";

const BUTTONS = [
  { panel: "people", icon: "people" },
  { panel: "pins", icon: "pin" },
  { panel: "search", icon: "search" },
] as const;

interface RoomHeaderProps {
  readonly title: string;
  readonly isPrivate: boolean;
  /** Who is online, below the title. */
  readonly presence?: ReactNode;
  /** Left out where there is nothing to look at. */
  readonly look?: {
    readonly open: (panel: HeaderPanel) => void;
    readonly onDate: (atMs: number) => void;
    /** What stands in the room's menu. */
    readonly more: readonly MenuPanel[];
    readonly openReports: number;
  };
}

export function RoomHeader({ title, isPrivate, presence, look }: RoomHeaderProps) {
  const { room, messages, people } = useWords();
  const labels = { people: people.title, pins: messages.pins.title, search: messages.search.label };
  return (
    <header className="room__header">
      <button
        type="button"
        className="icon-button room__back"
        aria-label={room.back}
        onClick={() => {
          goTo(null);
        }}
      >
        <Icon name="back" />
      </button>
      <div className="room__name">
        <h1 className="room__title" data-testid="room-title">
          {title}
        </h1>
        {presence}
      </div>
      {isPrivate && (
        <span className="room__kind">
          <Icon name="lock" /> {room.private}
        </span>
      )}
      {look !== undefined && (
        <div className="room__tools">
          <DatePicker onPick={look.onDate} />
          {BUTTONS.map(({ panel, icon }) => (
            <IconButton
              key={panel}
              icon={icon}
              label={labels[panel]}
              testId={`open-${panel}`}
              onClick={() => {
                look.open(panel);
              }}
            />
          ))}
          <RoomMenu panels={look.more} openReports={look.openReports} onOpen={look.open} />
        </div>
      )}
    </header>
  );
}
