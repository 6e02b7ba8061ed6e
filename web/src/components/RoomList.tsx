import { memo } from "react";

import type { Room } from "../protocol/frames";
import { hashOf } from "../state/route";
import { Avatar } from "./Avatar";
import { Icon } from "./Icon";
import { briefTime } from "./time";

/** More than this many unread messages are "many". */
const MAX_SHOWN = 99;

interface RoomListProps {
  readonly rooms: readonly Room[];
  readonly current: string | null;
}

export function RoomList({ rooms, current }: RoomListProps) {
  const mine = rooms.filter((room) => room.member);
  const others = rooms.filter((room) => !room.member);
  return (
    <nav className="rooms" aria-label="Rooms">
      {mine.length > 0 && <RoomSection title="Your rooms" rooms={mine} current={current} />}
      {others.length > 0 && <RoomSection title="Open to join" rooms={others} current={current} />}
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
              <span className="visually-hidden">private</span>
            </>
          )}
        </span>
        {latest !== null && (
          <time className="room-item__time" dateTime={new Date(latest.sent_at_ms).toISOString()}>
            {briefTime(latest.sent_at_ms)}
          </time>
        )}
        <span className="room-item__preview">
          {latest === null ? "No messages yet" : `${latest.author === "" ? "" : `${latest.author}: `}${latest.text || "Image"}`}
        </span>
        {isUnread && (
          <span className="room-item__unread" data-testid="unread">
            {room.unread > MAX_SHOWN ? `${MAX_SHOWN}+` : room.unread}
            <span className="visually-hidden"> unread messages</span>
          </span>
        )}
      </a>
    </li>
  );
});
