"""How fast a job may go: so many of DynamoDB's units a second, shared by all of its threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

THREADS = 16
"""Writes under way at once: one process is busy with as many."""


class Pace:
    """`units_per_s` None: as fast as it goes.

    Whoever has used units waits until they have come back, so that each call is paid for before the next.
    """

    def __init__(
        self,
        units_per_s: float | None,
        *,
        now_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._units_per_s = units_per_s
        self._now_s = now_s
        self._sleep = sleep
        self._lock = threading.Lock()
        self._paid_at_s = 0.0

    def spend(self, units: float) -> None:
        """Waits for as long as the units take."""
        if self._units_per_s is None:
            return
        with self._lock:
            now_s = self._now_s()
            self._paid_at_s = max(self._paid_at_s, now_s) + units / self._units_per_s
            wait_s = self._paid_at_s - now_s
        self._sleep(wait_s)


def units_of(answer: Mapping[str, Any]) -> float:
    """What a call of DynamoDB has cost, where it was asked to say so."""
    consumed = answer.get("ConsumedCapacity") or {}
    several = consumed if isinstance(consumed, list) else [consumed]
    return sum(float(each.get("CapacityUnits", 0)) for each in several)
