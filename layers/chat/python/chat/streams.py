"""A user's rooms as Server-Sent Events: what came after the positions that the client has, within a bounded hold.

Nobody posts to a client that listens this way, so nothing here is on a message's way: the rooms' counters are looked at
again and again until one has moved, then its log is read from the client's position on. An event's id holds the
positions behind it, one for each room, so the client that comes back with the last id it saw misses nothing and gets
nothing twice. Knows nothing of tokens or of what carries the text.

Cost of a hold that nothing ends: `HOLD_MS / POLL_MS` looks, each half a read unit a room.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from chat.errors import BannedError, InvalidFieldError, NotAMemberError, RoomNotFoundError
from chat.messages import message_of
from chat.ports import Clock, Item
from chat.protocol import MessagePosted, encode
from chat.storage.memberships import Memberships
from chat.storage.messages import MessageLog, Span
from chat.storage.rooms import RoomDirectory

HOLD_MS = 20_000
"""The longest that a request waits: with a cold start and a slow read it still ends before API Gateway would (29 s)."""

POLL_MS = 500
"""Pause between two looks; the most that a message waits for its reader beside the request itself."""

RETRY_MS = 250
"""What clients are told to wait before they come back: messages of a burst come together, not a request each."""

MAX_ROOMS = 20
"""Rooms that one stream follows."""

MAX_MESSAGES = 100
MAX_BODY_BYTES = 1_000_000
"""What one answer holds, whichever is reached first; Lambda returns at most 6 MB, escaped as JSON once more."""

_PLACE = re.compile(r"([a-z0-9][a-z0-9-]{0,63})(?::(0|[1-9][0-9]{0,14}))?")

Positions = Mapping[str, int]
Pause = Callable[[int], None]
"""Waits as many milliseconds: real time, or a simulation's."""


@dataclass(frozen=True)
class Archive:
    """What following rooms reads. It writes nothing but the `void` entries of burnt numbers."""

    rooms: RoomDirectory
    members: Memberships
    messages: MessageLog
    clock: Clock


@dataclass(frozen=True, kw_only=True)
class Following:
    """Which rooms, from where on (None: from now on), and for how long to wait when there is nothing yet."""

    user: str
    rooms: Mapping[str, int | None]
    hold_ms: int = HOLD_MS


def parse_places(text: str) -> dict[str, int | None]:
    """`general:117,lunch` as rooms with the newest number that the client has, None where it names none.

    Raises `InvalidFieldError` for what is none, a room named twice, no room or more than `MAX_ROOMS`.
    """
    found: dict[str, int | None] = {}
    for part in text.split(","):
        place = _PLACE.fullmatch(part)
        if place is None or place[1] in found:
            raise InvalidFieldError("Rooms are ROOM or ROOM:NUMBER, each once, with commas between them.")
        found[place[1]] = int(place[2]) if place[2] else None
    if len(found) > MAX_ROOMS:
        raise InvalidFieldError(f"One stream follows up to {MAX_ROOMS} rooms.")
    return found


def resume(rooms: Mapping[str, int | None], last_event_id: str) -> dict[str, int | None]:
    """The rooms, each from where the last event left it; an id's rooms that are not asked for any more are dropped.

    Raises `InvalidFieldError` for an id that is none of ours.
    """
    left = parse_places(last_event_id)
    return {room: left.get(room, position) for room, position in rooms.items()}


def follow(archive: Archive, following: Following, pause: Pause) -> bytes:
    """The stream's text: at once when there is something, else when there is or when the hold is over.

    Its first event has an id and no data: a client that got nothing still knows where to go on. Raises
    `RoomNotFoundError`, `NotAMemberError` or `BannedError`, naming the room, when one of the rooms may not be read, be
    it from the start or since somebody was put out while waiting.
    """
    until_ms = archive.clock.now_ms() + following.hold_ms
    positions = _start(archive, following)
    opening = _event(positions, kind=None, data=b"")
    events = _collect(archive, following.user, positions)
    while not events and archive.clock.now_ms() + POLL_MS <= until_ms:
        pause(POLL_MS)
        events = _collect(archive, following.user, positions)
    return b"retry: %d\n" % RETRY_MS + opening + b"".join(events)


def _start(archive: Archive, following: Following) -> dict[str, int]:
    """The client's positions; where it has none, the newest number of this moment."""
    for room in following.rooms:
        _require_reader(archive, following.user, room)
    unplaced = [room for room, position in following.rooms.items() if position is None]
    newest = archive.messages.newest_of(unplaced)
    return {room: newest.get(room, 0) if position is None else position for room, position in following.rooms.items()}


def _collect(archive: Archive, user: str, positions: dict[str, int]) -> list[bytes]:
    """The events of all that is new, room by room in order; moves the positions behind each."""
    for room in positions:
        _require_reader(archive, user, room)
    newest = archive.messages.newest_of(list(positions))
    behind = [room for room, last in newest.items() if last > positions[room]]
    return [event for room in behind for event in _events_of(archive, room, positions, share=len(behind))]


def _events_of(archive: Archive, room: str, positions: dict[str, int], share: int) -> Iterator[bytes]:
    """A room's part of an answer that `share` rooms have something for: a busy one keeps no other waiting."""
    size_bytes = 0
    for entry in _next_entries(archive, room, positions[room], MAX_MESSAGES // share):
        positions[room] = int(entry["sk"])
        event = _event(positions, kind="message", data=encode(MessagePosted(message=message_of(entry))))
        yield event
        size_bytes += len(event)
        if size_bytes >= MAX_BODY_BYTES // share:
            return


def _next_entries(archive: Archive, room: str, after: int, limit: int) -> Iterator[Item]:
    """What follows a number without a hole: what is behind one that is still being stored waits for it."""
    excerpt = archive.messages.read(room, Span(limit, after=after), archive.clock.now_ms())
    for expected, entry in enumerate(excerpt.entries, start=after + 1):
        if int(entry["sk"]) != expected:
            return
        yield entry


def _require_reader(archive: Archive, user: str, room: str) -> None:
    """No call for a right seen within the last 5 s."""
    membership = archive.members.recall(room, user)
    if membership is None:
        if archive.rooms.find(room) is None:
            raise RoomNotFoundError(f"There is no room {room}.")
        raise NotAMemberError(f"You are not a member of {room}.")
    if not membership.inside:
        raise BannedError(f"You are banned from {room}.")


def _event(positions: Positions, *, kind: str | None, data: bytes) -> bytes:
    """One event of the stream. Frames are JSON in one line, so one `data` line holds one."""
    places = ",".join(f"{room}:{position}" for room, position in positions.items())
    lines = [b"id: %b\n" % places.encode()]
    if kind is not None:
        lines += [b"event: %b\n" % kind.encode(), b"data: %b\n" % data]
    return b"".join(lines) + b"\n"
