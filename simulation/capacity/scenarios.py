"""What is run: which crowd, on which quotas, cut into cells; every part of it can run in a process of its own."""

from __future__ import annotations

import logging
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context

from chat.protocol import Reconnection
from chat.sessions import RECONNECT, window_for
from operations.facts.quotas import quota
from simulation.capacity import load, region, storm
from simulation.capacity.load import Load, Stretch
from simulation.capacity.population import LARGEST, RoomPlan, rooms_for, rooms_of_cell
from simulation.capacity.region import Loss, Recovery
from simulation.capacity.storm import Storm
from simulation.capacity.tally import Tally, added
from simulation.cloud.figures import DEFAULTS, Figures
from simulation.quiet import logged_from

SPIKE = 10
"""Times as much as before."""

DEFAULT, WARM, RAISED = "default", "default, tables warmed", "raised"

QUOTAS: dict[str, Figures] = {
    DEFAULT: DEFAULTS,
    WARM: replace(
        DEFAULTS,
        table_write_units=int(quota("table_writes").value),
        table_read_units=int(quota("table_reads").value),
        stream_shards=16,
    ),
    RAISED: replace(
        DEFAULTS,
        request_rate=60_000,
        connect_rate=5_000,
        concurrency=4_000,
        table_write_units=200_000,
        table_read_units=200_000,
        stream_shards=64,
    ),
}
"""Of one account and Region. Warm throughput is asked for and paid once; the other quotas are asked for and free."""


CELLS, OVERLOAD, SPIKED = "cells", "overload", "spike"
STORM_CELL, STORM_WINDOW, STORM_ACCOUNT, STORM_RAISED = "storm", "storm-window", "storm-account", "storm-raised"
LOSS = "region"

PEOPLES_ROOMS, PEOPLES_TALK_PER_S, PEOPLES_TALK_S = 3, 10, 60
"""Of a Region that is lost: with the real client, so that people are few."""

NAMES = (CELLS, OVERLOAD, SPIKED, STORM_CELL, STORM_WINDOW, STORM_ACCOUNT, STORM_RAISED, LOSS)


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How large a run is. Times are virtual seconds."""

    sockets: int = 100_000
    people: int = 40
    """With the real client, where a Region is lost."""
    largest: int = LARGEST
    """Sockets of the largest room."""
    messages_per_minute: int = 1_000_000
    cells: int = 24
    """On default quotas."""
    parts: tuple[int, ...] = ()
    """Which of the cells are run, by their numbers from 0; empty: all. They are alike."""
    raised_cells: int = 4
    warm_s: float = 2
    measured_s: float = 10
    overload_s: float = 3
    overloaded_s: int = 12
    """How long it is looked at the overload when nobody says anything new any more."""
    calm_s: float = 3
    spike_s: float = 10
    storm_sockets: int = 10_000
    """That come back to one account on default quotas."""
    storm_s: int = 400

    @property
    def messages_per_socket(self) -> float:
        """A second."""
        return self.messages_per_minute / 60 / self.sockets

    def measured(self, name: str) -> tuple[float, float]:
        """From which second to before which one a load is measured: at its full rate, and warm but for a spike."""
        if name == CELLS:
            return self.warm_s, self.warm_s + self.measured_s
        return (self.calm_s, self.calm_s + self.spike_s) if name == SPIKED else (0, self.overload_s)


FULL = Scale()
QUICK = Scale(
    sockets=3_000,
    largest=100,
    messages_per_minute=60_000,
    cells=2,
    raised_cells=1,
    warm_s=1,
    measured_s=2,
    overload_s=2,
    overloaded_s=5,
    calm_s=2,
    spike_s=2,
    storm_sockets=800,
)
"""A minute: everything of the full run, less of it."""


@dataclass
class Results:
    """Of each scenario what it came to, by its name."""

    scale: Scale
    seed: int
    loads: dict[str, Tally] = field(default_factory=dict)
    storms: dict[str, tuple[Tally, list[float]]] = field(default_factory=dict)
    storms_run: dict[str, Storm] = field(default_factory=dict)
    region: Recovery | None = None
    quotas: dict[str, str] = field(default_factory=dict)
    """Of each scenario, by their name in `QUOTAS`."""


Part = Tally | tuple[Tally, list[float]] | Recovery


@dataclass(frozen=True)
class Task:
    """One part of a scenario, with what it is run by."""

    scenario: str
    call: Callable[..., Part]
    argument: Load | Storm | Loss
    quotas: str


def tasks(scale: Scale, seed: int) -> Iterator[Task]:
    """All parts, the longest first."""
    rooms, rate = rooms_for(scale.sockets, scale.largest), scale.messages_per_socket
    calm = Stretch(scale.calm_s, rate / SPIKE)
    raised = rooms_of_cell(rooms, 0, scale.raised_cells)
    one_cell = rooms_of_cell(rooms, 0, scale.cells)

    def loaded(name: str, part: Sequence[RoomPlan], quotas: str, *stretches: Stretch) -> Task:
        seeded = f"{seed} {name} {part[0].name}"
        return Task(name, load.run, Load(seed=seeded, rooms=part, stretches=stretches, figures=QUOTAS[quotas]), quotas)

    def stormed(name: str, part: Sequence[RoomPlan], quotas: str, window: Reconnection = RECONNECT) -> Task:
        figures = QUOTAS[quotas]
        argument = Storm(seed=f"{seed} {name}", rooms=part, figures=figures, most_s=scale.storm_s, window=window)
        return Task(name, storm.run, argument, quotas)

    overload = Load(
        seed=f"{seed} {OVERLOAD}",
        rooms=rooms,
        stretches=(Stretch(scale.overload_s, rate),),
        figures=QUOTAS[DEFAULT],
        drain_s=scale.overloaded_s,
        asks=False,
    )
    yield Task(OVERLOAD, load.run, overload, DEFAULT)
    yield loaded(SPIKED, raised, RAISED, calm, Stretch(scale.spike_s, rate))
    yield stormed(STORM_RAISED, raised, RAISED, _window(raised, RAISED))
    account = rooms_for(scale.storm_sockets, scale.largest)
    yield stormed(STORM_ACCOUNT, account, WARM, _window(account, WARM))
    for cell in scale.parts or range(scale.cells):
        part = rooms_of_cell(rooms, cell, scale.cells)
        yield loaded(CELLS, part, WARM, Stretch(scale.warm_s + scale.measured_s, rate))
    yield stormed(STORM_CELL, one_cell, WARM)
    yield stormed(STORM_WINDOW, one_cell, WARM, _window(one_cell, WARM))
    yield Task(
        LOSS,
        region.run,
        Loss(
            seed=zlib.crc32(f"{seed} {LOSS}".encode()),
            people=scale.people,
            rooms=PEOPLES_ROOMS,
            messages_per_s=PEOPLES_TALK_PER_S,
            talk_s=PEOPLES_TALK_S,
        ),
        WARM,
    )


def _window(rooms: Sequence[RoomPlan], quotas: str) -> Reconnection:
    """What a stage tells its clients that is deployed for so many sockets, on those quotas."""
    return window_for(sum(room.sockets for room in rooms), int(QUOTAS[quotas].connect_rate))


def run(
    scale: Scale, seed: int, *, processes: int, tell: Callable[[str], None], only: Sequence[str] = NAMES
) -> Results:
    """The named scenarios. No process shares anything with another: rooms do not cross cells."""
    listed = [task for task in tasks(scale, seed) if task.scenario in only]
    found: dict[str, list[Part]] = defaultdict(list)
    for at, (task, part) in enumerate(_carried_out(listed, processes), start=1):
        found[task.scenario].append(part)
        tell(f"{at} of {len(listed)}: {task.scenario}")
    return gathered(scale, seed, listed, found)


def _carried_out(listed: Sequence[Task], processes: int) -> Iterator[tuple[Task, Part]]:
    if processes == 1:
        yield from ((task, _carry_out(task)) for task in listed)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        yield from zip(listed, pool.map(_carry_out, listed), strict=True)


def _carry_out(task: Task) -> Part:
    # What is throttled is counted; a line for each would be millions.
    with logged_from(logging.CRITICAL):
        return task.call(task.argument)


def gathered(scale: Scale, seed: int, listed: Sequence[Task], found: Mapping[str, list[Part]]) -> Results:
    """The parts of each scenario as one."""
    results = Results(scale, seed, quotas={task.scenario: task.quotas for task in listed})
    for task in listed:
        parts = found[task.scenario]
        if isinstance(task.argument, Storm):
            results.storms_run[task.scenario] = task.argument
        if isinstance(parts[0], Recovery):
            results.region = parts[0]
        elif isinstance(parts[0], tuple):
            results.storms[task.scenario] = parts[0]
        else:
            results.loads[task.scenario] = added([part for part in parts if isinstance(part, Tally)])
    return results
