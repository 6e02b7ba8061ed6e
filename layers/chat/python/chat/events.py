"""Domain events: what happened, published once for whoever wants to know. Versioned; fields are only ever added."""

from __future__ import annotations

from typing import Any

import msgspec

from chat.ports import Event, Item
from chat.storage import keys
from chat.storage.messages import VOID

VERSION = 1
MESSAGE_POSTED = "MessagePosted"
MESSAGE_CHANGED = "MessageChanged"
MESSAGE_DELETED = "MessageDeleted"
PREVIEW_CHARS = 80

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


AnyEvent = MessagePosted | MessageChanged | MessageDeleted

_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


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
    return Event(name=MESSAGE_POSTED, room=posted.room, body=msgspec.json.encode(posted))


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
    if row["what"] in DELETIONS:
        deleted = MessageDeleted(**shared, media=row.get("media"), objects=row.get("objects") or [])
        return Event(name=MESSAGE_DELETED, room=deleted.room, body=msgspec.json.encode(deleted))
    changed = MessageChanged(**shared)
    return Event(name=MESSAGE_CHANGED, room=changed.room, body=msgspec.json.encode(changed))


def _in_words(kind: str) -> str:
    return "deleted a message" if kind == "deleted" else f"sent an {kind}"
