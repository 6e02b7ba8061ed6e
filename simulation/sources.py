"""Time and chance as code finds them: `time`, `random`, `uuid` and `secrets`, replaced by one simulation's own.

Most of what runs is given its clock and its ids. Some modules ask the standard library themselves: jitter, ids of
commands, how long a connection has lived. While a simulation runs, those names mean its scheduler in every module of
the application and of the Python client. Whatever is not replaced is not there: code that asks for more fails at once.
"""

from __future__ import annotations

import random
import secrets
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType, SimpleNamespace
from typing import Any

from simulation.cloud.scheduler import Scheduler

OURS = ("agent_chat", "chat")
"""Packages whose modules are looked through."""

asleep_us: ContextVar[Callable[[], int]] = ContextVar("asleep_us")
"""How long the machine was asleep that the running code is on: its monotonic clock stood still meanwhile."""

skew_us: ContextVar[int] = ContextVar("skew_us", default=0)
"""By how much that machine's clock on the wall is wrong."""


@contextmanager
def virtual(scheduler: Scheduler) -> Iterator[None]:
    """Virtual time and seeded chance, for as long as it lasts."""
    replacements: list[tuple[ModuleType, Any]] = [
        (time, _time(scheduler)),
        (uuid, _uuid(scheduler.chance)),
        (secrets, SimpleNamespace()),
    ]
    replaced = list(_replace(replacements))
    before = random.getstate()
    random.seed(scheduler.chance.getrandbits(64))
    try:
        yield
    finally:
        random.setstate(before)
        for module, name, value in replaced:
            setattr(module, name, value)


def _replace(replacements: list[tuple[ModuleType, Any]]) -> Iterator[tuple[ModuleType, str, Any]]:
    for module in [module for name, module in sys.modules.items() if name.split(".")[0] in OURS]:
        for name, value in list(vars(module).items()):
            for real, virtual_one in replacements:
                if value is real:
                    setattr(module, name, virtual_one)
                    yield module, name, value


def _time(scheduler: Scheduler) -> SimpleNamespace:
    def monotonic() -> float:
        slept = asleep_us.get(None)
        return (scheduler.now_us - (slept() if slept else 0)) / 1e6

    return SimpleNamespace(
        time=lambda: (scheduler.now_us + skew_us.get()) / 1e6,
        time_ns=lambda: (scheduler.now_us + skew_us.get()) * 1_000,
        monotonic=monotonic,
        clock_gettime=lambda _clock: scheduler.now_us / 1e6,
        CLOCK_BOOTTIME="runs on while the machine sleeps",
        sleep=_no_sleep,
    )


def _no_sleep(duration_s: float) -> None:
    raise AssertionError(f"something sleeps for {duration_s} s beside the simulation's clock")


def _uuid(chance: random.Random) -> SimpleNamespace:
    return SimpleNamespace(
        uuid4=lambda: uuid.UUID(int=chance.getrandbits(128), version=4),
        uuid5=uuid.uuid5,
        NAMESPACE_URL=uuid.NAMESPACE_URL,
    )
