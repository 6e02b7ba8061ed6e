import type { Preview, Room } from "@agent-chat/client/frames";
import { memo } from "react";

import { useWords } from "../hooks/useWords";
import { DELETED_PREVIEW } from "../state/directory";
import { hashOf } from "../state/route";
import type { Words } from "../words/words";
import { Avatar } from "./Avatar";
import { Icon } from "./Icon";

/** More than this many unread messages are "many". */
const MAX_SHOWN = 99;

interface RoomListProps {
  readonly rooms: readonly Room[];
  readonly current: string | null;
}

export function RoomList({ rooms, current }: RoomListProps) {
  const words = useWords().rooms;
  const mine = rooms.filter((room) => room.member);
  const others = rooms.filter((room) => !room.member);
  return (
    <nav className="rooms" aria-label={words.title}>
      {mine.length > 0 && <RoomSection title={words.mine} rooms={mine} current={current} />}
      {others.length > 0 && <RoomSection title={words.open} rooms={others} current={current} />}
    </nav>
  );
}

function RoomSection({ title, rooms, current }: RoomListProps & { readonly title: string }) {
  return (
    <section>
      <h2 className="rooms__title">{title}</h2>
      <ul className="rooms__list" aria-label={title}>
        {rooms.map((room) => (
          <RoomItem key={room.room} room={room} isCurrent={room.room === current} />
        ))}
      </ul>
    </section>
  );
}

interface RoomItemProps {
  readonly room: Room;
  readonly isCurrent: boolean;
}

const RoomItem = memo(function RoomItem({ room, isCurrent }: RoomItemProps) {
  const { formats, rooms: words } = useWords();
  const { latest } = room;
  const isUnread = room.unread > 0 && !isCurrent;
  return (
    <li>
      <a
        className="room-item"
        data-testid="room"
        data-room={room.room}
        data-unread={isUnread}
        href={hashOf(room.room)}
        aria-current={isCurrent ? "page" : undefined}
      >
        <Avatar id={room.room} name={room.title} shape="room" />
        <span className="room-item__title">
          {room.title}
          {room.kind === "private" && (
            <>
              <Icon name="lock" />
              <span className="visually-hidden">{words.private}</span>
            </>
          )}
        </span>
        {latest !== null && (
          <time className="room-item__time" dateTime={new Date(latest.sent_at_ms).toISOString()}>
            {formats.briefTime(latest.sent_at_ms)}
          </time>
        )}
        <span className="room-item__preview">
          {latest === null ? words.noMessages : previewOf(latest, words)}
        </span>
        {isUnread && (
          <span className="room-item__unread" data-testid="unread">
            <span aria-hidden="true">{room.unread > MAX_SHOWN ? words.moreThan(MAX_SHOWN) : formats.number(room.unread)}</span>
            <span className="visually-hidden">{words.unread(room.unread)}</span>
          </span>
        )}
      </a>
    </li>
  );
});

function previewOf({ author, text }: Preview, words: Words["rooms"]): string {
  const said = text === DELETED_PREVIEW ? words.deleted : text || words.image;
  return author === "" ? said : words.preview(author, said);
}
