"""What operators have declared stale: lines of a log in the shared tier, which every function instance looks at.

A line makes stale all that was read before it and is in its scope, in every tier and instance. So nothing has to be
found and removed, and whoever writes an old value after it gains nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from chat.caching.kinds import Name
from chat.caching.memory import Entry

SKEW_MS = 1_000
"""By how much clocks of two function instances may differ: what was read up to so long after a line is stale, too."""

LOOK_MS = 5_000
"""How often an instance looks at the log: after that, a line is in force everywhere."""

MOST = 100
"""Lines in the log; one more, and it says `all` instead."""

LASTS_MS = 15 * 60_000
"""How long a line stands in the log: longer than any value lives that was read before it."""

ScopeKind = Literal["room", "user", "prefix", "all"]


class Scope(msgspec.Struct, frozen=True):
    """What is meant: a room by its id, a user by theirs, rooms whose ids begin so, or everything (`value` is empty)."""

    kind: ScopeKind
    value: str = ""

    def covers(self, name: Name) -> bool:
        """Whether a value is meant."""
        match self.kind:
            case "room":
                return name.room == self.value
            case "user":
                return name.user == self.value
            case "prefix":
                return name.room.startswith(self.value)
            case "all":
                return True


class Invalidation(msgspec.Struct, frozen=True):
    """A line of the log."""

    scope: Scope
    at_ms: int


_decoder = msgspec.json.Decoder(Invalidation)


def encode(invalidation: Invalidation) -> bytes:
    """The line."""
    return msgspec.json.encode(invalidation)


class Invalidations:
    """The log as this instance saw it last."""

    def __init__(self) -> None:
        self._lines: list[Invalidation] = []
        self._looked_at_ms = 0

    def due(self, now_ms: int) -> bool:
        """Whether it is time to look again."""
        return now_ms - self._looked_at_ms >= LOOK_MS

    def looked(self, lines: Iterable[bytes], now_ms: int) -> None:
        """Takes the whole log as it stands; a line that is none is left out."""
        found = []
        for line in lines:
            try:
                found.append(_decoder.decode(line))
            except msgspec.MsgspecError:
                continue
        self._lines, self._looked_at_ms = found, now_ms

    def missed(self, now_ms: int) -> None:
        """The log could not be read, and is asked for again at the next time only."""
        self._looked_at_ms = now_ms

    def cover(self, name: Name, entry: Entry) -> bool:
        """Whether the entry is stale by what the log says."""
        return any(entry.read_at_ms <= line.at_ms + SKEW_MS and line.scope.covers(name) for line in self._lines)
