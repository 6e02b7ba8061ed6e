"""Domain events: what happened, published once for whoever wants to know. Versioned; fields are only ever added."""

from __future__ import annotations

from typing import Any

import msgspec

from chat.ports import Event, Item

VERSION = 1
MESSAGE_POSTED = "MessagePosted"
PREVIEW_CHARS = 80


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


def decode(body: str | bytes) -> MessagePosted:
    """The event in a message body. Raises `msgspec.MsgspecError` for what is none."""
    return msgspec.json.decode(body, type=MessagePosted)


def preview_of(item: Item) -> dict[str, Any]:
    """What lists of rooms show of a message as it stands, changed since it was posted or not."""
    shown = item["text"][:PREVIEW_CHARS] if item["kind"] == "text" else _in_words(item["kind"])
    return {"seq": int(item["sk"]), "author": item["name"], "text": shown, "sent_at_ms": item["sent_at_ms"]}


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


def _in_words(kind: str) -> str:
    return "deleted a message" if kind == "deleted" else f"sent an {kind}"
