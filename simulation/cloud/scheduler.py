"""Virtual time: what is due happens in its order, and synchronous code is suspended while it waits.

A call that waits runs in a greenlet of its own. It gives way to the hub, which lets the clock jump to what is due next.
Things that are due at the same microsecond happen in an order that the seed says, so that no code can rely on one.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from greenlet import getcurrent, greenlet

START_MS = 1_790_000_000_000
"""When every simulation begins: a moment in 2026."""

US = 1_000
"""Microseconds in a millisecond."""


class SimulationError(Exception):
    """The simulation itself was used in a way that makes no sense: a fault of ours, never of what runs on it."""


class Scheduler:
    """One simulation's clock. `chance` is the only source of randomness."""

    __slots__ = ("_heap", "_hub", "_serial", "chance", "happened", "now_us")

    def __init__(self, seed: int | str) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - it repeats
        self.now_us = START_MS * US
        self.happened = 0
        """What has been due so far."""
        self._heap: list[tuple[int, int, int, Callable[..., object], tuple[Any, ...]]] = []
        self._serial = 0
        self._hub: greenlet | None = None

    @property
    def now_ms(self) -> int:
        """Milliseconds since 1970, UTC."""
        return self.now_us // US

    def at(self, at_us: int, call: Callable[..., object], *arguments: Any) -> None:  # noqa: ANN401 - any call's
        """Has something called, at that time or now if that is over. It must not wait: see `start`."""
        self._serial += 1
        due_us = max(at_us, self.now_us)
        heappush(self._heap, (due_us, self.chance.getrandbits(24), self._serial, call, arguments))

    def after(self, delay_us: int, call: Callable[..., object], *arguments: Any) -> None:  # noqa: ANN401 - any call's
        """As `at`, so much later than now."""
        self.at(self.now_us + delay_us, call, *arguments)

    def start(self, call: Callable[..., object], *arguments: Any) -> greenlet:  # noqa: ANN401 - any call's
        """Calls something that may wait, at once; returns when it waits for the first time or is over.

        Only from what the hub calls.
        """
        process = greenlet(call, parent=self._hub)
        process.switch(*arguments)
        return process

    def wait(self, duration_us: int) -> None:
        """Suspends the caller. Only in what was begun by `start`."""
        self._serial += 1
        entry = (self.now_us + duration_us, self.chance.getrandbits(24), self._serial, getcurrent().switch, ())
        heappush(self._heap, entry)
        self.give_way()

    def give_way(self) -> None:
        """Suspends the caller until somebody switches to its greenlet."""
        if self._hub is None or getcurrent() is self._hub:
            raise SimulationError("only what was started may wait")
        self._hub.switch()

    def run(self, until_us: int) -> None:
        """Lets everything happen that is due up to then, and the clock stand there."""
        self._hub = getcurrent()
        heap = self._heap
        while heap and heap[0][0] <= until_us:
            self.now_us, _, _, call, arguments = heappop(heap)
            self.happened += 1
            call(*arguments)
        self.now_us = max(self.now_us, until_us)

    def run_for_ms(self, duration_ms: int) -> None:
        """As `run`, so much longer."""
        self.run(self.now_us + duration_ms * US)


class SchedulerClock:
    """See `chat.ports.Clock`."""

    __slots__ = ("_scheduler",)

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def now_ms(self) -> int:
        """Virtual time."""
        return self._scheduler.now_us // US
