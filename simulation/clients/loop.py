"""An asyncio event loop whose time is the simulation's: callbacks are due in the scheduler, between all else.

It has no selector: what comes from outside comes by the scheduler, too. Each client runs in a context that names its
machine, so that a machine that sleeps stops its client's callbacks and nobody else's.
"""

from __future__ import annotations

import asyncio
import contextvars
import math
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from simulation.cloud.scheduler import Scheduler, SimulationError
from simulation.sources import asleep_us, skew_us

Result = TypeVar("Result")

WINDING_UP_ROUNDS = 30
"""Seconds that clients have to wind up; each is told every second that it is over."""


if TYPE_CHECKING:
    _AbstractLoop = asyncio.BaseEventLoop  # what is never asked of this one counts as there
else:
    _AbstractLoop = asyncio.AbstractEventLoop


class Machine:
    """What a client runs on. It may sleep, and then its monotonic clock stands still; its other clock may be wrong."""

    def __init__(self, name: str, scheduler: Scheduler, *, skew_ms: int = 0) -> None:
        self.name = name
        self.awake_at_us = 0
        self._slept_us = 0
        self._scheduler = scheduler
        self.context = contextvars.copy_context()
        self.context.run(self._enter, skew_ms * 1_000)

    @property
    def asleep(self) -> bool:
        """Whether nothing happens on it."""
        return self._scheduler.now_us < self.awake_at_us

    def sleep(self, duration_ms: int) -> None:
        """Stops here, for so long."""
        now_us = self._scheduler.now_us
        until_us = max(self.awake_at_us, now_us + duration_ms * 1_000)
        self._slept_us += until_us - max(now_us, self.awake_at_us)
        self.awake_at_us = until_us

    def slept_us(self) -> int:
        """How long it has slept so far."""
        left_us = max(0, self.awake_at_us - self._scheduler.now_us)
        return self._slept_us - left_us

    def _enter(self, skew: int) -> None:
        current_machine.set(self)
        asleep_us.set(self.slept_us)
        skew_us.set(skew)


current_machine: ContextVar[Machine] = ContextVar("machine")
"""The machine that the running code is on."""


class ClientLoop(_AbstractLoop):
    """Runs for as long as the scheduler does, inside `running`."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._ended = False
        self.failures: list[dict[str, Any]] = []
        """What no task has handled: a fault of a client."""
        self._tasks: dict[asyncio.Task[Any], None] = {}

    def start(self, machine: Machine, work: Coroutine[Any, Any, Result], *, name: str) -> asyncio.Task[Result]:
        """Begins a client's work on its machine."""
        return machine.context.copy().run(lambda: self.create_task(work, name=name))

    def end(self) -> None:
        """Cancels whatever still runs, and lets it wind up."""
        for _ in range(WINDING_UP_ROUNDS):
            for task in list(self._tasks):
                task.cancel()
            self._scheduler.run_for_ms(1_000)
        self._ended = True
        if self._tasks:
            raise SimulationError(f"a client's tasks do not end: {list(self._tasks)}")

    # What asyncio asks of a loop

    def time(self) -> float:
        """Seconds of the simulation."""
        return self._scheduler.now_us / 1e6

    def call_soon(
        self, callback: Callable[..., object], *args: object, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        """A microsecond later: what calls itself again and again lets time pass."""
        handle = asyncio.Handle(callback, args, self, context)
        self._scheduler.after(1, self._run, handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: object, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        """So many seconds later."""
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., object], *args: object, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        """At that second."""
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._scheduler.at(math.ceil(when * 1e6), self._run, handle)
        return handle

    def _run(self, handle: asyncio.Handle) -> None:
        if handle.cancelled():
            return
        machine = handle._context.get(current_machine, None)  # type: ignore[attr-defined]  # noqa: SLF001 - there is no other way
        if machine is not None and machine.asleep:
            self._scheduler.at(machine.awake_at_us, self._run, handle)
            return
        before = asyncio._get_running_loop()  # noqa: SLF001 - as every loop does
        asyncio._set_running_loop(self)  # noqa: SLF001
        try:
            handle._run()  # noqa: SLF001
        finally:
            asyncio._set_running_loop(before)  # noqa: SLF001

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It stays in the scheduler and is passed over."""

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]  # coroutines only, as asyncio.Task takes them
        self, coro: Coroutine[Any, Any, Result], *, name: str | None = None, context: contextvars.Context | None = None
    ) -> asyncio.Task[Result]:
        """A task of this loop."""
        task = asyncio.Task(coro, loop=self, name=name, context=context)
        self._tasks[task] = None
        task.add_done_callback(self._tasks.pop)
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Something went wrong where nobody looks."""
        self.failures.append(context)

    def get_debug(self) -> bool:
        """Never."""
        return False

    def is_running(self) -> bool:
        """Whenever it is asked."""
        return True

    def is_closed(self) -> bool:
        """Once it has ended."""
        return self._ended

    def call_soon_threadsafe(self, *_arguments: object, **_options: object) -> asyncio.Handle:
        """There are no threads."""
        raise SimulationError("a thread in a simulation")
