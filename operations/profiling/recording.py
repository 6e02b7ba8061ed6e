"""Runs a handler over and over while its calls are counted and timed, and tells where the time went."""

from __future__ import annotations

import gc
import importlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from operations.errors import OperationError, UsageError
from operations.profiling.call_tree import Call, CallTree
from operations.profiling.events_of import Event, fresh, refusal

WARM_UP = 20
"""Rounds that are not looked at: the first ones import, connect and remember."""

CONTEXT = SimpleNamespace(
    function_name="profile",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:profile",
    aws_request_id="profile",
    get_remaining_time_in_millis=lambda: 15_000,
)


@dataclass(frozen=True)
class Recording:
    """`root` is the handler; everything else was called by it."""

    function: str
    rounds: int
    root: Call

    @property
    def code_s(self) -> float:
        """Of all rounds, without what stands in for AWS."""
        return self.root.total_s - sum(call.total_s for call in walk(self.root) if call.in_memory)

    def spots(self) -> list[Call]:
        """Functions by their own time, wherever they were called from, the hottest first; without what is in memory."""
        found: dict[tuple[str, str], Call] = {}
        for call in (call for call in walk(self.root) if not call.in_memory):
            spot = found.setdefault((call.name, call.place), Call(call.name, call.place))
            spot.own_s += call.own_s
            spot.times += call.times
        return sorted(found.values(), key=lambda spot: -spot.own_s)


def walk(call: Call) -> Iterator[Call]:
    """It and all below it."""
    yield call
    for each in call.calls:
        yield from walk(each)


def handler_of(function: str) -> Callable[[Event, Any], Any]:
    """`handle` of GROUP.MODULE. Raises `UsageError` where there is none."""
    try:
        return importlib.import_module(f"functions.{function}").handle  # type: ignore[no-any-return]
    except (ImportError, AttributeError) as error:
        raise UsageError(f"There is no function {function}: they are functions/GROUP/MODULE.py ({error}).") from error


def record(
    function: str, event: Event, rounds: int, between: Callable[[], None], *, waiting: bool = False
) -> Recording:
    """Looks at `rounds` invocations: at CPU, or with `waiting` at all of their time.

    Raises `OperationError` where the handler refuses the event.
    """
    handle = handler_of(function)
    for number in range(WARM_UP):
        said = _refused(handle, fresh(event, -number - 1))
        if said is not None:
            raise OperationError(f"{function} refuses the event, so nothing is worth looking at: {said}")
        between()
    tree = CallTree(function, time.perf_counter_ns if waiting else time.thread_time_ns)
    # What lies around is not looked through in the middle of a round.
    gc.collect()
    gc.freeze()
    for number in range(rounds):
        tree.watch(handle, fresh(event, number), CONTEXT)
        between()
    return Recording(function, rounds, tree.root)


def _refused(handle: Callable[[Event, Any], Any], event: Event) -> str | None:
    """What a handler says against an event. One that is not as API Gateway sends it raises whatever it may."""
    try:
        return refusal(handle(event, CONTEXT))
    except Exception as error:  # noqa: BLE001  # told as what the event is, not as a fault of this program
        return repr(error)
