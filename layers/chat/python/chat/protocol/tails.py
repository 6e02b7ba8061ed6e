"""What a room's tail consists of, as it is polled over HTTP: the same for all readers, so that caches can serve it."""

import msgspec

from chat.protocol.objects import Message


class TailLive(msgspec.Struct, frozen=True, kw_only=True):
    """`GET {path}/live`: where the room is, and its newest part. Cached for a second.

    `messages` are those of the last segment, as far as they are stored: numbers from 64 times `segment` on. `changed`
    are messages as they stand that were changed behind `changed_after`, in the order of their changes, up to
    `last_rev`. A client that knows less than that reads pages of changes. `messages` are as they were at `last_rev` or
    later. The next poll is due `poll_ms` after this one.
    """

    room: str
    last_seq: int
    segment: int
    messages: list[Message]
    changed_after: int
    changed: list[Message]
    last_rev: int
    poll_ms: int


class TailSegment(msgspec.Struct, frozen=True, kw_only=True):
    """`GET {path}/segments/{segment}`: the messages with numbers from 64 times `segment` on, 64 of them, oldest first.

    `closed`: each is there, or is `void`; it stays as it is and is kept by caches. `rev`: what was changed later may be
    missing, so a client that knows of later changes applies them, or reads these numbers from the history.
    """

    room: str
    segment: int
    messages: list[Message]
    rev: int
    closed: bool


class TailChanges(msgspec.Struct, frozen=True, kw_only=True):
    """`GET {path}/changes/{page}`: what was changed by the changes with numbers from 64 times `page` on, 64 of them.

    `changed` are the messages as they stood when it was made, each in its last change's place. `last_rev` is the change
    up to which that is everything; where it is the page's last, the page is `closed` and kept by caches.
    """

    room: str
    page: int
    changed: list[Message]
    last_rev: int
    closed: bool
