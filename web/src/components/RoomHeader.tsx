import { useWords } from "../hooks/useWords";
import { goTo } from "../state/route";
import { DatePicker } from "./DatePicker";
import { Icon } from "./Icon";

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
          <button
            type="button"
            className="icon-button"
            data-testid="open-people"
            aria-label={people.title}
            title={people.title}
            onClick={look.onPeople}
          >
            <Icon name="people" />
          </button>
          <button
            type="button"
            className="icon-button"
            data-testid="open-pins"
            aria-label={messages.pins.title}
            title={messages.pins.title}
            onClick={look.onPins}
          >
            <Icon name="pin" />
          </button>
          <button
            type="button"
            className="icon-button"
            data-testid="open-search"
            aria-label={messages.search.label}
            title={messages.search.label}
            onClick={look.onSearch}
          >
            <Icon name="search" />
          </button>
        </div>
      )}
    </header>
  );
}
