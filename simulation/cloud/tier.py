"""Valkey: what all instances share, as far away as a round trip, and out of reach whenever it likes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from chat.caching.breaker import Breaker
from chat.caching.counts import Counts
from chat.caching.shared import Answer, Value
from simulation.cache import MemoryShared
from simulation.cloud.functions import Access
from simulation.cloud.scheduler import US

Result = TypeVar("Result")


class CloudTier:
    """One instance's access to the tier. See `chat.caching.shared.Shared`; made where a `ValkeyTier` is."""

    def __init__(self, access: Access, store: MemoryShared, counts: Counts) -> None:
        self._access = access
        self._store = store
        self._counts = counts
        self._breaker = Breaker()

    def read(self, keys: Sequence[str], *, log: bool = False) -> Answer | None:
        """One round trip."""
        return self._reach("read", lambda: self._store.read(keys, log=log), None)

    def write(self, values: Sequence[Value]) -> bool:
        """One round trip."""
        return self._reach("write", lambda: self._store.write(values), False) if values else True

    def drop(self, keys: Sequence[str]) -> bool:
        """One round trip."""
        return self._reach("drop", lambda: self._store.drop(keys), False) if keys else True

    def claim(self, key: str, life_ms: int) -> bool:
        """One round trip."""
        return self._reach("claim", lambda: self._store.claim(key, life_ms), True)

    def count(self, key: str, life_ms: int) -> int:
        """One round trip."""
        return self._reach("count", lambda: self._store.count(key, life_ms), 0)

    def append(self, line: bytes, *, life_ms: int, most: int, over: bytes) -> bool:
        """One round trip."""
        return self._reach("append", lambda: self._store.append(line, life_ms=life_ms, most=most, over=over), False)

    def _reach(self, operation: str, effect: Callable[[], Result], otherwise: Result) -> Result:
        cloud = self._access.cloud
        if not self._breaker.allows(cloud.scheduler.now_ms):
            self._counts.add_event("skipped")
            return otherwise
        cloud.count("calls", "tier", operation)
        away = cloud.disturbance.tier()
        figures = cloud.figures
        self._access.wait(figures.tier_timeout_ms * US if away else figures.tier.draw_us(cloud.scheduler.chance))
        if away:
            self._counts.add_event("failed")
            if self._breaker.fail(cloud.scheduler.now_ms):
                self._counts.add_event("opened")
            return otherwise
        if self._breaker.succeed():
            self._counts.add_event("closed")
        return effect()
