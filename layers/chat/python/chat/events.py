"""Domain events: what happened, published once for whoever wants to know. Versioned; fields are only ever added.

They are made from what the tables' streams tell, never by use cases: what is stored is told, and nothing else is. An
event may arrive more than once, each time with the same `id` and the same content, and events come in no order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from chat.correlation import ATTRIBUTE
from chat.ports import Event, Item
from chat.storage import keys
from chat.storage.memberships import BANNED
from chat.storage.messages import VOID

VERSION = 1
MESSAGE_POSTED = "MessagePosted"
MESSAGE_CHANGED = "MessageChanged"
MESSAGE_DELETED = "MessageDeleted"
MEMBERSHIP_CHANGED = "MembershipChanged"
PREVIEW_CHARS = 80
DELETED_PREVIEW = "deleted a message"

RESTORED = "restored_at_ms"
"""Attribute of rows that came back from a backup: that they are there again is told to nobody."""

DELETIONS = frozenset({"deleted", "erased"})
"""Changes after which nothing of a message is left."""


class MessagePosted(msgspec.Struct, frozen=True, tag=MESSAGE_POSTED, tag_field="event"):
    """A message was stored. `id` is the same however often the event arrives."""

    id: str
    room: str
    seq: int
    kind: str
    user: str | None
    name: str | None
    text: str
    sent_at_ms: int
    version: int = VERSION


class MessageChanged(msgspec.Struct, frozen=True, tag=MESSAGE_CHANGED, tag_field="event"):
    """A message was edited, pinned, unpinned or reacted to (`what`), by `user`; None: whoever it was is erased."""

    id: str
    room: str
    seq: int
    rev: int
    what: str
    user: str | None
    changed_at_ms: int
    version: int = VERSION


class MessageDeleted(msgspec.Struct, frozen=True, tag=MESSAGE_DELETED, tag_field="event"):
    """A message was deleted, or erased with its author.

    `media` is the image that it showed, None where it showed none, and `objects` are the keys of its files.
    """

    id: str
    room: str
    seq: int
    rev: int
    what: str
    user: str | None
    changed_at_ms: int
    media: str | None = None
    objects: list[str] = []
    version: int = VERSION


MembershipChange = Literal["joined", "left", "banned", "unbanned", "role", "muted", "unmuted"]


class MembershipChanged(msgspec.Struct, frozen=True, tag=MEMBERSHIP_CHANGED, tag_field="event"):
    """Somebody came into a room or left it, was put out or let in again, got another role, may not speak or may again.

    `role` is what they are now, None for who is out of the room, `was` what they were before, None for who was not in
    it. `muted_until_ms` is 0 for who may speak. Who did it is not told: the row that changed does not say.
    """

    id: str
    room: str
    user: str
    name: str
    what: MembershipChange
    role: str | None
    was: str | None
    muted_until_ms: int
    changed_at_ms: int
    version: int = VERSION


AnyEvent = MessagePosted | MessageChanged | MessageDeleted | MembershipChanged
NAMES = (MESSAGE_POSTED, MESSAGE_CHANGED, MESSAGE_DELETED, MEMBERSHIP_CHANGED)

_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def of_record(record: Mapping[str, Any], before: Item | None, after: Item | None) -> Event | None:
    """The event of one record of a table's stream, with the item before and after it; None for one that is no event."""
    item = after or before
    if after and RESTORED in after and record.get("eventName") == "INSERT":
        return None
    if item and item["pk"].startswith(keys.ROOM) and str(item["sk"]).startswith(keys.MEMBER):
        return _membership_changed(record["dynamodb"], before, after)
    return of_row(after) if after else None


def of_row(item: Item) -> Event | None:
    """The event of a row that was added to the table of messages; None for one that is no event."""
    if item["pk"].startswith(keys.MESSAGES):
        return message_posted(item)
    if item["pk"].startswith(keys.CHANGES) and item["what"] != VOID:
        return _message_changed(item)
    return None


def message_posted(item: Item) -> Event:
    """The event of a stored log entry."""
    posted = MessagePosted(
        id=f"{item['room']}/{item['sk']}",
        room=item["room"],
        seq=int(item["sk"]),
        kind=item["kind"],
        user=item.get("user"),
        name=item.get("name"),
        text=item["text"],
        sent_at_ms=item["sent_at_ms"],
    )
    return Event(MESSAGE_POSTED, posted.room, msgspec.json.encode(posted), posted.kind, item.get(ATTRIBUTE, ""))


def decode(body: str | bytes) -> AnyEvent:
    """The event in a message body. Raises `msgspec.MsgspecError` for what is none."""
    return _decoder.decode(body)


def preview_of(item: Item) -> dict[str, Any]:
    """What lists of rooms show of a message as it stands, changed since it was posted or not."""
    shown = item["text"][:PREVIEW_CHARS] if item["kind"] == "text" else _in_words(item["kind"])
    return {"seq": int(item["sk"]), "author": item["name"] or "", "text": shown, "sent_at_ms": item["sent_at_ms"]}


def preview(posted: MessagePosted) -> dict[str, Any] | None:
    """What lists of rooms show of it; None for a `void` entry."""
    if posted.name is None:
        return None
    return {
        "seq": posted.seq,
        "author": posted.name,
        "text": posted.text[:PREVIEW_CHARS] if posted.kind == "text" else _in_words(posted.kind),
        "sent_at_ms": posted.sent_at_ms,
    }


def _message_changed(row: Item) -> Event:
    shared = {
        "id": f"{row['room']}/rev/{row['sk']}",
        "room": row["room"],
        "seq": int(row["seq"]),
        "rev": int(row["sk"]),
        "what": row["what"],
        "user": row.get("user"),
        "changed_at_ms": row["changed_at_ms"],
    }
    origin = row.get(ATTRIBUTE, "")
    if row["what"] in DELETIONS:
        deleted = MessageDeleted(**shared, media=row.get("media"), objects=row.get("objects") or [])
        return Event(MESSAGE_DELETED, deleted.room, msgspec.json.encode(deleted), deleted.what, origin)
    changed = MessageChanged(**shared)
    return Event(MESSAGE_CHANGED, changed.room, msgspec.json.encode(changed), changed.what, origin)


def _membership_changed(change: Mapping[str, Any], before: Item | None, after: Item | None) -> Event | None:
    """The stream's number of the change makes the id: whoever reads the record again gets the same."""
    row = after or before or {}
    at_ms = int(float(change["ApproximateCreationDateTime"]) * 1_000)
    what = _what_became(before, after, at_ms)
    if what is None:
        return None
    changed = MembershipChanged(
        id=f"{row['room']}/member/{row['user']}/{change['SequenceNumber']}",
        room=row["room"],
        user=row["user"],
        name=row["name"],
        what=what,
        role=_inside(after),
        was=_inside(before),
        muted_until_ms=int((after or {}).get("muted_until_ms", 0)),
        changed_at_ms=at_ms,
    )
    return Event(MEMBERSHIP_CHANGED, changed.room, msgspec.json.encode(changed), changed.what)


def _what_became(before: Item | None, after: Item | None, at_ms: int) -> MembershipChange | None:
    """None where only a name or a limit changed, which nobody outside is told."""
    old, new = (before or {}).get("role"), (after or {}).get("role")
    if new == BANNED:
        return "banned" if old != BANNED else None
    if new is None:
        return "unbanned" if old == BANNED else "left"
    if old in {None, BANNED}:
        return "joined"
    if old != new:
        return "role"
    muted_ms = int((after or {}).get("muted_until_ms", 0))
    if muted_ms != int((before or {}).get("muted_until_ms", 0)):
        return "muted" if muted_ms > at_ms else "unmuted"
    return None


def _inside(membership: Item | None) -> str | None:
    role = (membership or {}).get("role")
    return None if role == BANNED else role


def _in_words(kind: str) -> str:
    return DELETED_PREVIEW if kind == "deleted" else f"sent an {kind}"
