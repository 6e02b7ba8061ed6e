import type { Author } from "@agent-chat/client/frames";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";

import { Avatar } from "../../components/Avatar";
import { Dialog } from "../../components/Dialog";
import { Failure } from "../../components/Failure";
import { Icon } from "../../components/Icon";
import { useChat } from "../../hooks/useChat";
import { useStore } from "../../hooks/useStore";
import { useWords } from "../../hooks/useWords";
import { type Destination, destinationsFor } from "../../state/destinations";
import { goTo } from "../../state/route";

interface GoToDialogProps {
  readonly current: string | null;
  readonly onClose: () => void;
}

/** Finds a room or a person by a few letters, and goes there. The field keeps the focus and says what Enter takes. */
export function GoToDialog({ current, onClose }: GoToDialogProps) {
  const chat = useChat();
  const words = useWords();
  const labels = words.keyboard.goTo;
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(0);
  const [failure, setFailure] = useState<unknown>(null);
  const listId = useId();
  const { rooms } = useStore(chat.directory.view);
  const people = usePeople(current);
  const found = destinationsFor(typed, { rooms: rooms ?? [], people, me: chat.me.id, current });
  const at = Math.min(chosen, found.length - 1);

  const take = (destination: Destination | undefined): void => {
    if (destination === undefined) return;
    const arrival = destination.kind === "room" ? Promise.resolve(destination.id) : chat.direct(destination.id);
    arrival.then((room) => {
      onClose();
      goTo(room);
    }, setFailure);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown") setChosen((at + 1) % Math.max(1, found.length));
    else if (event.key === "ArrowUp") setChosen((at + found.length - 1) % Math.max(1, found.length));
    else if (event.key === "Enter") take(found[at]);
    else return;
    event.preventDefault();
  };

  return (
    <Dialog label={labels.title} className="form-dialog go-to" onClose={onClose}>
      <input
        className="go-to__input"
        data-testid="go-to-input"
        role="combobox"
        aria-label={labels.label}
        aria-expanded={found.length > 0}
        aria-autocomplete="list"
        aria-controls={listId}
        aria-activedescendant={found.length > 0 ? `${listId}-${at}` : undefined}
        placeholder={labels.label}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        value={typed}
        onChange={({ target }) => {
          setTyped(target.value);
          setChosen(0);
          setFailure(null);
        }}
        onKeyDown={onKeyDown}
      />
      <Failure error={failure} />
      <Found id={listId} found={found} at={at} onTake={take} />
      <p className="go-to__note" role="status">
        {found.length === 0 ? labels.none : labels.hint}
      </p>
    </Dialog>
  );
}

interface FoundProps {
  readonly id: string;
  readonly found: readonly Destination[];
  readonly at: number;
  readonly onTake: (destination: Destination) => void;
}

function Found({ id, found, at, onTake }: FoundProps) {
  const labels = useWords().keyboard.goTo;
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: "nearest" });
  }, [at, found]);
  return (
    <div ref={list} id={id} className="go-to__list" role="listbox" aria-label={labels.results}>
      {found.map((destination, index) => (
        // Keys go to the field.
        // eslint-disable-next-line jsx-a11y/click-events-have-key-events
        <div
          key={`${destination.kind} ${destination.id}`}
          id={`${id}-${index}`}
          className="go-to__item"
          role="option"
          tabIndex={-1}
          aria-selected={index === at}
          data-testid="destination"
          data-destination={destination.id}
          onPointerDown={(event) => {
            event.preventDefault(); // the field keeps the focus
          }}
          onClick={() => {
            onTake(destination);
          }}
        >
          <Described destination={destination} />
        </div>
      ))}
    </div>
  );
}

function Described({ destination }: { readonly destination: Destination }) {
  const { formats, keyboard, rooms } = useWords();
  if (destination.kind === "person") {
    const { id, name } = destination.user;
    return (
      <>
        <Avatar id={id} name={name} />
        <span className="go-to__name">{name}</span>
        <span className="go-to__about">{keyboard.goTo.person(id)}</span>
      </>
    );
  }
  const { room, title, kind, member, unread } = destination.room;
  return (
    <>
      <Avatar id={room} name={title} shape="room" />
      <span className="go-to__name">{title}</span>
      {kind === "private" && <Icon name="lock" />}
      {!member && <span className="go-to__about">{keyboard.goTo.open}</span>}
      {unread > 0 && (
        <span className="go-to__unread">
          <span aria-hidden="true">{formats.number(unread)}</span>
          <span className="visually-hidden">{rooms.unread(unread)}</span>
        </span>
      )}
    </>
  );
}

/** Whom this page has met: the members of rooms that were on screen, those of the current one asked for now. */
function usePeople(current: string | null): readonly Author[] {
  const chat = useChat();
  const [people, setPeople] = useState(() => chat.met());
  useEffect(() => {
    if (current === null) return;
    void chat
      .conversation(current)
      .people.load()
      .then(() => {
        setPeople(chat.met());
      });
  }, [chat, current]);
  return people;
}
