"""What a very large room's tail consists of, as it is polled over HTTP."""

import msgspec

from agent_chat.frames.objects import Message


class TailLive(msgspec.Struct, frozen=True, kw_only=True):
    """The room's newest numbers, its last segment, and what was changed behind `changed_after`."""

    room: str
    last_seq: int
    segment: int
    messages: list[Message]
    changed_after: int
    changed: list[Message]
    last_rev: int
    poll_ms: int


class TailSegment(msgspec.Struct, frozen=True, kw_only=True):
    """64 numbers of the log, as they were at `rev` or later. `closed`: none is missing any more."""

    room: str
    segment: int
    messages: list[Message]
    rev: int
    closed: bool


class TailChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What was changed by 64 changes, as far as `last_rev`."""

    room: str
    page: int
    changed: list[Message]
    last_rev: int
    closed: bool
