"""Kinds of values that are kept, and the names that they are kept under."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    """`type` is what values are decoded as (msgspec), `capacity` how many of them one function instance holds.

    `memory_ms` is how long an instance goes by its own memory of one before it asks the shared tier again; None: to the
    value's end. What is dropped from the shared tier is gone everywhere after that.
    """

    name: str
    type: Any
    life_ms: int
    """How long a value may be believed, from the moment that it was read from the table, in whichever tier it is."""
    capacity: int
    memory_ms: int | None = None

    def of(self, room: str, user: str = "") -> Name:
        """The name of one value."""
        return Name(self, room, user)


@dataclass(frozen=True)
class Name:
    """One value's name: its kind, and the room and the user that it is about."""

    kind: Kind
    room: str
    user: str = ""

    @property
    def text(self) -> str:
        """As the shared tier knows it. No two names have the same: a room's id has no `#`."""
        return f"{self.kind.name}#{self.room}#{self.user}"
