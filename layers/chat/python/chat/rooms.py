"""Rooms: list, make, enter and leave them."""

from __future__ import annotations

import hashlib
import re

import msgspec

from chat.errors import InvalidFieldError, NotAMemberError, RoomExistsError, RoomNotFoundError, RoomPrivateError
from chat.ports import Item, Sender
from chat.protocol import (
    MAX_REPLY_BYTES,
    CreateRoom,
    Done,
    JoinRoom,
    LeaveRoom,
    ListRooms,
    Preview,
    Room,
    RoomEntered,
    RoomList,
    Subscribe,
    Unsubscribe,
)
from chat.services import Services
from chat.storage.rooms import RoomRecord


def list_rooms(services: Services, sender: Sender, _: ListRooms) -> RoomList:
    """The sender's rooms and the public ones, by title."""
    listed = services.rooms.list_for(sender.user)
    previews = services.rooms.previews([record.room for record, _ in listed])
    rooms = [_view(record, member=member, latest=previews.get(record.room)) for record, member in listed]
    return RoomList(rooms=sorted(_fitting(rooms), key=lambda room: (room.title.casefold(), room.room)))


def create(services: Services, sender: Sender, command: CreateRoom) -> RoomEntered:
    """Makes the room, its maker and everybody invited a member. Raises `RoomExistsError`."""
    title = command.title.strip()
    if not title:
        raise InvalidFieldError("`title` has nothing in it.")
    made_with = hashlib.sha256(f"{sender.user}\n{command.id}".encode()).hexdigest()[:16]
    wanted = RoomRecord(
        room=command.room or f"{_slug(title)}-{made_with[:8]}",
        title=title,
        kind=command.kind,
        made_by=sender.user,
        made_with=made_with,
    )
    members = list(dict.fromkeys([sender.user, *command.members]))
    made = services.rooms.make(wanted, members)
    if (made.made_by, made.made_with) != (wanted.made_by, wanted.made_with):
        raise RoomExistsError(f"There is a room {wanted.room} already.")
    return _entered(services, made)


def join(services: Services, sender: Sender, command: JoinRoom) -> RoomEntered:
    """Makes the sender a member of a public room. Raises `RoomNotFoundError`, `RoomPrivateError`."""
    record = services.rooms.find(command.room)
    if record is None:
        raise RoomNotFoundError(f"There is no room {command.room}.")
    if not services.members.includes(command.room, sender.user):
        if record.kind != "public":
            raise RoomPrivateError("This room is private; a member has to invite you.")
        services.rooms.admit(record, sender.user)
    return _entered(services, record)


def leave(services: Services, sender: Sender, command: LeaveRoom) -> Done:
    """Ends the membership and this connection's subscription; leaving twice is leaving once."""
    services.rooms.dismiss(command.room, sender.user)
    services.members.forget(command.room, sender.user)
    services.fanout.connections.unsubscribe(sender.connection, command.room)
    return Done()


def subscribe(services: Services, sender: Sender, command: Subscribe) -> RoomEntered:
    """From now on the room's messages come to this connection. Members only.

    The subscription is stored before the newest number is read, so a message is either counted by it or delivered.
    """
    require_member(services, sender.user, command.room)
    services.fanout.connections.subscribe(sender.connection, command.room, sender.user, services.clock.now_ms())
    record = services.rooms.find(command.room)
    if record is None:
        raise RoomNotFoundError(f"There is no room {command.room}.")
    return _entered(services, record)


def unsubscribe(services: Services, sender: Sender, command: Unsubscribe) -> Done:
    """The room's messages no longer come to this connection."""
    services.fanout.connections.unsubscribe(sender.connection, command.room)
    return Done()


def require_member(services: Services, user: str, room: str) -> None:
    """Raises `RoomNotFoundError` where there is no such room and `NotAMemberError` where the user is not in it."""
    if services.members.includes(room, user):
        return
    if services.rooms.find(room) is None:
        raise RoomNotFoundError(f"There is no room {room}.")
    raise NotAMemberError("You are not a member of this room.")


def _fitting(rooms: list[Room]) -> list[Room]:
    """As many rooms as one frame takes, those that the user is in first."""
    remaining_bytes = MAX_REPLY_BYTES - 1_000
    kept: list[Room] = []
    for room in sorted(rooms, key=lambda room: not room.member):
        remaining_bytes -= len(msgspec.json.encode(room)) + 1
        if remaining_bytes < 0:
            break
        kept.append(room)
    return kept


def _entered(services: Services, record: RoomRecord) -> RoomEntered:
    latest = services.rooms.previews([record.room]).get(record.room)
    view = _view(record, member=True, latest=latest)
    return RoomEntered(room=view, last_seq=services.messages.newest(record.room))


def _view(record: RoomRecord, *, member: bool, latest: Item | None) -> Room:
    preview = (
        Preview(seq=latest["seq"], author=latest["author"], text=latest["text"], sent_at_ms=latest["sent_at_ms"])
        if latest
        else None
    )
    # A private room's preview is only ever looked up for its members: `list_for` gives nobody else the room.
    return Room(
        room=record.room,
        title=record.title,
        kind="public" if record.kind == "public" else "private",
        member=member,
        latest=preview,
    )


def _slug(title: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return words[:40].strip("-") or "room"
