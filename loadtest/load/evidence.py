"""What the protocol's objects are in a journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loadtest.journal import Heard, Unread, Via, digest


def heard(message: Mapping[str, Any], via: Via, at_ms: float) -> Heard:
    """An entry of a room's log, however it came."""
    author = message["from"]
    return Heard(
        room=message["room"],
        seq=message["seq"],
        author=author and author["id"],
        command=message["command_id"],
        digest=digest(message["text"]) if message["kind"] == "text" else None,
        kind=message["kind"],
        via=via,
        version=message["version"],
        rev=message["rev"],
        at_ms=at_ms,
    )


def unread(room: Mapping[str, Any], asked_at_ms: float, at_ms: float) -> Unread:
    """The counts of a room as its user sees it."""
    return Unread(
        room=room["room"],
        unread=room["unread"],
        read_seq=room["read_seq"],
        last_seq=room["last_seq"],
        asked_at_ms=asked_at_ms,
        at_ms=at_ms,
    )
