"""What is asked of whoever keeps the shared tier fresh: bodies of the queue of upkeep, told apart as events are."""

from __future__ import annotations

import msgspec

from chat.caching.invalidations import Scope


class StaleDeclared(msgspec.Struct, frozen=True, tag="StaleDeclared", tag_field="event"):
    """An operator has asked that nothing that is kept of something be believed any more."""

    scope: Scope


class WarmingDue(msgspec.Struct, frozen=True, tag="WarmingDue", tag_field="event", omit_defaults=True):
    """A crowd comes to a room; None: the stage was deployed, and the rooms of the newest activity are meant."""

    room: str | None = None


def encode(task: StaleDeclared | WarmingDue) -> bytes:
    """The body."""
    return msgspec.json.encode(task)
