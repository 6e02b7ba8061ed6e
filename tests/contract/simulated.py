"""The simulated cloud as contract tests call it: each call runs until it has its answer, in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from chat.ports import Table
from simulation.cloud.cloud import Cloud
from simulation.cloud.figures import DEFAULTS
from simulation.cloud.functions import Access
from simulation.cloud.tables import CloudTable

FRESH = replace(
    DEFAULTS,
    stale_reads=0.0,
    partition_read_units=1_000_000,
    partition_write_units=1_000_000,
    table_read_units=1_000_000,
    table_write_units=1_000_000,
)
"""As the emulator is: every read finds what was written last, and no capacity ends."""


def carried_out(cloud: Cloud, call: Callable[[], Any]) -> Any:
    """What a call that waits returns, or raises."""
    ended: list[tuple[Any, BaseException | None]] = []

    def run() -> None:
        try:
            ended.append((call(), None))
        except Exception as error:  # noqa: BLE001 - handed on
            ended.append((None, error))

    cloud.scheduler.after(0, cloud.scheduler.start, run)
    while not ended:
        cloud.scheduler.run_for_ms(10)
    result, error = ended[0]
    if error is not None:
        raise error
    return result


class Immediate:
    """A port whose methods return when they are done."""

    def __init__(self, cloud: Cloud, port: object) -> None:
        self._cloud = cloud
        self._port = port

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._port, name)
        return lambda *arguments, **options: carried_out(self._cloud, lambda: method(*arguments, **options))


def simulated_table() -> Table:
    """A table of a cloud of its own."""
    cloud = Cloud(1, figures=FRESH)
    return cast("Table", Immediate(cloud, CloudTable(Access(cloud, "test", 1), "messages")))
