"""A user's rooms as Server-Sent Events: what came after the positions that the client has, within a bounded hold.

Nobody posts to a client that listens this way, so nothing here is on a message's way: the rooms' counters are looked at
again and again until one has moved, then its log is read from the client's position on: that of messages, and that of
changes to them. An event's id holds the positions behind it, one for each room, so the client that comes back with the
last id it saw misses nothing and gets nothing twice. Knows nothing of tokens or of what carries the text.

Cost of a hold that nothing ends: `HOLD_MS / POLL_MS` looks, each half a read unit a room.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from chat import places
from chat.errors import BannedError, NotAMemberError, RoomNotFoundError
from chat.messages import message_of
from chat.places import Place
from chat.ports import Clock, Item, Pause
from chat.protocol import MessageChanged, MessagePosted, encode
from chat.storage.changes import ChangeLog
from chat.storage.counters import Position
from chat.storage.memberships import Memberships
from chat.storage.messages import MessageLog, Span
from chat.storage.rooms import RoomDirectory

HOLD_MS = 20_000
"""The longest that a request waits: with a cold start and a slow read it still ends before API Gateway would (29 s)."""

POLL_MS = 500
"""Pause between two looks; the most that a message waits for its reader beside the request itself."""

RETRY_MS = 250
"""What clients are told to wait before they come back: messages of a burst come together, not a request each."""

MAX_EVENTS = 100
MAX_BODY_BYTES = 1_000_000
"""What one answer holds, whichever is reached first; Lambda returns at most 6 MB, escaped as JSON once more."""

Step = tuple[Position, MessagePosted | MessageChanged | None]
"""Where the client is in a room after an event, and the event; None where there is nothing to tell on the way."""


@dataclass(frozen=True, kw_only=True)
class Archive:
    """What following rooms reads. It writes nothing but the `void` entries of burnt numbers."""

    rooms: RoomDirectory
    members: Memberships
    messages: MessageLog
    changes: ChangeLog
    clock: Clock


@dataclass(frozen=True, kw_only=True)
class Following:
    """Which rooms, from where on, and for how long to wait when there is nothing yet."""

    user: str
    rooms: Mapping[str, Place]
    hold_ms: int = HOLD_MS


def follow(archive: Archive, following: Following, pause: Pause) -> bytes:
    """The stream's text: at once when there is something, else when there is or when the hold is over.

    Its first event has an id and no data: a client that got nothing still knows where to go on. Raises
    `RoomNotFoundError`, `NotAMemberError` or `BannedError`, naming the room, when one of the rooms may not be read, be
    it from the start or since somebody was put out while waiting.
    """
    until_ms = archive.clock.now_ms() + following.hold_ms
    positions = _start(archive, following)
    opening = _event(positions)
    events = _collect(archive, following.user, positions)
    while not events and archive.clock.now_ms() + POLL_MS <= until_ms:
        pause(POLL_MS)
        events = _collect(archive, following.user, positions)
    if not events:
        opening = _event(positions)  # void changes were passed over
    return b"retry: %d\n" % RETRY_MS + opening + b"".join(events)


def _start(archive: Archive, following: Following) -> dict[str, Position]:
    """The client's positions; where it has none, the newest of this moment.

    Of changes that is the newest behind which none is still being stored: one or two calls for a room without a rev.
    """
    for room in following.rooms:
        _require_reader(archive, following.user, room)
    newest = archive.messages.newest_of([room for room, place in following.rooms.items() if place.seq is None])
    return {
        room: Position(
            newest.get(room, 0) if place.seq is None else place.seq,
            archive.changes.since(room, None, archive.clock.now_ms()).last_rev if place.rev is None else place.rev,
        )
        for room, place in following.rooms.items()
    }


def _collect(archive: Archive, user: str, positions: dict[str, Position]) -> list[bytes]:
    """The events of all that is new, room by room; moves the positions behind each."""
    for room in positions:
        _require_reader(archive, user, room)
    newest = archive.messages.positions_of(list(positions))
    parts = [(room, _posted) for room, last in newest.items() if last.seq > positions[room].seq]
    parts += [(room, _changed) for room, last in newest.items() if last.rev > positions[room].rev]
    return [
        event
        for room, steps in parts
        for event in _told(room, steps(archive, room, positions[room], MAX_EVENTS // len(parts)), positions, len(parts))
    ]


def _told(room: str, steps: Iterator[Step], positions: dict[str, Position], share: int) -> Iterator[bytes]:
    """The events of one of `share` parts of an answer: much news of one kind or room keeps no other waiting."""
    size_bytes = 0
    for position, event in steps:
        positions[room] = position
        if event is not None:
            text = _event(positions, event)
            yield text
            size_bytes += len(text)
        if size_bytes >= MAX_BODY_BYTES // share:
            return


def _posted(archive: Archive, room: str, at: Position, limit: int) -> Iterator[Step]:
    """What follows a number without a hole: what is behind one that is still being stored waits for it."""
    excerpt = archive.messages.read(room, Span(limit, after=at.seq), archive.clock.now_ms())
    for entry in excerpt.entries:
        if int(entry["sk"]) != at.seq + 1:
            return
        at = replace(at, seq=int(entry.get("until") or entry["sk"]))
        yield at, MessagePosted(message=message_of(entry))


def _changed(archive: Archive, room: str, at: Position, limit: int) -> Iterator[Step]:
    """Messages that were changed behind a rev, as they stand: each once, in its last change's place."""
    page = archive.changes.page(room, at.rev, archive.clock.now_ms())
    last_revs = {seq: rev for rev, seq in page.seqs.items()}
    ordered = sorted(last_revs, key=last_revs.__getitem__)
    # Everything up to the next message's change was told with this one, or before it.
    reached = [last_revs[seq] - 1 for seq in ordered[1:]] + [page.last_rev]
    entries = {int(entry["sk"]): entry for entry in _entries(archive, room, ordered[:limit])}
    if not ordered:
        yield replace(at, rev=page.last_rev), None
    for seq, rev in zip(ordered[:limit], reached, strict=False):
        entry = entries.get(seq)
        yield replace(at, rev=rev), MessageChanged(message=message_of(entry)) if entry else None


def _entries(archive: Archive, room: str, seqs: list[int]) -> list[Item]:
    return archive.changes.read(room, seqs) if seqs else []


def _require_reader(archive: Archive, user: str, room: str) -> None:
    """No call for a right seen within the last 5 to 10 s."""
    membership = archive.members.recall(room, user)
    if membership is None:
        if archive.rooms.find(room) is None:
            raise RoomNotFoundError(f"There is no room {room}.")
        raise NotAMemberError(f"You are not a member of {room}.")
    if not membership.inside:
        raise BannedError(f"You are banned from {room}.")


def _event(positions: Mapping[str, Position], event: MessagePosted | MessageChanged | None = None) -> bytes:
    """One event of the stream. Frames are JSON in one line, so one `data` line holds one."""
    lines = [b"id: %b\n" % places.event_id(positions).encode()]
    if event is not None:
        kind = str(event.__struct_config__.tag)
        lines += [b"event: %b\n" % kind.encode(), b"data: %b\n" % encode(event)]
    return b"".join(lines) + b"\n"
