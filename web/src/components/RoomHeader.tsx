import { useWords } from "../hooks/useWords";
import { goTo } from "../state/route";
import { DatePicker } from "./DatePicker";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";

interface RoomHeaderProps {
  readonly title: string;
  readonly isPrivate: boolean;
  /** Left out where there is nothing to look at. */
  readonly look?: {
    readonly onSearch: () => void;
    readonly onPeople: () => void;
    readonly onPins: () => void;
    readonly onDate: (atMs: number) => void;
  };
}

export function RoomHeader({ title, isPrivate, look }: RoomHeaderProps) {
  const { room, messages, people } = useWords();
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
      <h1 className="room__title" data-testid="room-title">
        {title}
      </h1>
      {isPrivate && (
        <span className="room__kind">
          <Icon name="lock" /> {room.private}
        </span>
      )}
      {look !== undefined && (
        <div className="room__tools">
          <DatePicker onPick={look.onDate} />
          <IconButton icon="people" label={people.title} testId="open-people" onClick={look.onPeople} />
          <IconButton icon="pin" label={messages.pins.title} testId="open-pins" onClick={look.onPins} />
          <IconButton icon="search" label={messages.search.label} testId="open-search" onClick={look.onSearch} />
        </div>
      )}
    </header>
  );
}
