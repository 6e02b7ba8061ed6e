"""The tier that function instances share, in memory: keeps what it is given until its time is over, and can be away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chat.caching.shared import Answer, Value
from chat.ports import Clock


@dataclass
class MemoryShared:
    """See `chat.caching.shared.Shared`. `away`: it answers nobody. `deaf`: it answers, and takes nothing in."""

    clock: Clock
    away: bool = False
    deaf: bool = False
    trips: int = 0
    """Round trips so far."""
    _values: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    _log: list[bytes] = field(default_factory=list)

    def read(self, keys: Sequence[str], *, log: bool = False) -> Answer | None:
        """What stands there."""
        if self._reached():
            return Answer([self._get(key) for key in keys], list(self._log) if log else ())
        return None

    def write(self, values: Sequence[Value]) -> bool:
        """Keeps each."""
        if not self._reached() or self.deaf:
            return False
        for value in values:
            self._values[value.key] = value.body, self.clock.now_ms() + value.life_ms
        return True

    def drop(self, keys: Sequence[str]) -> bool:
        """Removes each."""
        if not self._reached() or self.deaf:
            return False
        for key in keys:
            self._values.pop(key, None)
        return True

    def claim(self, key: str, life_ms: int) -> bool:
        """Whether nobody has it."""
        if not self._reached():
            return True
        free = self._get(key) is None
        if free:
            self.write([Value(key, b"", life_ms)])
        return free

    def count(self, key: str, life_ms: int) -> int:
        """One more."""
        if not self._reached():
            return 0
        before = self._get(key)
        _, until_ms = self._values[key] if before is not None else (b"", self.clock.now_ms() + life_ms)
        self._values[key] = b"%d" % (int(before or 0) + 1), until_ms
        return int(before or 0) + 1

    def append(self, line: bytes, *, life_ms: int, most: int, over: bytes) -> bool:  # noqa: ARG002 - its log lives on
        """One line more."""
        if not self._reached() or self.deaf:
            return False
        self._log.append(line)
        if len(self._log) > most:
            self._log = [over]
        return True

    def names(self) -> list[str]:
        """The keys of what is kept now."""
        return sorted(key for key in self._values if self._get(key) is not None)

    def _get(self, key: str) -> bytes | None:
        body, until_ms = self._values.get(key, (b"", 0))
        return body if until_ms > self.clock.now_ms() else None

    def _reached(self) -> bool:
        self.trips += 1
        return not self.away
