"""Which quotas a workload comes near, what to ask AWS for, and what stops it first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log2, log10

from chat.pace import LIMIT_PER_S
from chat.protocol import Reconnection
from chat.sessions import RECONNECT
from operations.capacity.loads import Load, concurrency, opened_per_s
from operations.capacity.reconnection import all_back_s
from operations.capacity.workload import Workload
from operations.facts.latencies import latency
from operations.facts.quotas import Quota, quota

HEADROOM = 0.7
"""Of a quota: above it there is none left for a burst, or for a neighbour."""

RAISED = 10
"""How many times its default AWS is taken to raise a quota to. Assumed: ask before relying on it."""

ROOM = "room"
"""The key of the application's own limit of one room."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """Of one quota, by each cell."""

    key: str
    title: str
    used: float
    limit: float
    unit: str
    code: str | None
    service: str
    adjustable: bool
    lead_days: int | None
    source: str

    @property
    def percent(self) -> float:
        """Of what is allowed now."""
        return self.used / self.limit * 100

    @property
    def wanted(self) -> float | None:
        """What to have it raised to; None where it suffices, and where it can't be."""
        if not self.adjustable or self.used <= self.limit * HEADROOM:
            return None
        return _two_figures(self.used / HEADROOM)

    @property
    def blocked(self) -> bool:
        """More is needed than there can be."""
        return not self.adjustable and self.used > self.limit


@dataclass(frozen=True, kw_only=True)
class Warming:
    """A table that would be throttled if it were new: what it is to be pre-warmed for, and what else it would take."""

    table: str
    write_units: float
    read_units: float
    otherwise_minutes: float
    """Of doubling, until it bears the load by itself."""


def uses(
    workload: Workload, loads: Sequence[Load], *, cells: int, limits: Mapping[str, float] | None = None
) -> tuple[Use, ...]:
    """Every quota that grows with the workload, the fullest first. `limits` are those that an account really has."""
    found = [_use(quota(key), used / cells, limits or {}) for key, used in _used(workload, loads).items()]
    # A room is in one cell, so these are of the fullest one whatever their number.
    rate_per_s = max(workload.rate_of(room) for room in workload.rooms)
    found += [_use(quota("partition_writes"), rate_per_s, {}), _of_room(rate_per_s)]
    return tuple(sorted(found, key=lambda use: -use.percent))


def cells_for(workload: Workload, loads: Sequence[Load]) -> int:
    """Accounts or Regions over which rooms are spread, so that raised quotas suffice."""
    needed = [
        used / (quota(key).value * (RAISED if quota(key).adjustable else 1) * HEADROOM)
        for key, used in _used(workload, loads).items()
    ]
    return max(1, ceil(max(needed)))


def warmings(loads: Sequence[Load], cells: int) -> tuple[Warming, ...]:
    """Tables of a cell that need more than a new one bears."""
    writes, reads = quota("new_table_writes").value, quota("new_table_reads").value
    found = []
    for table in ("messages", "rooms", "connections"):
        written, read = (sum(side) / cells for side in _units(loads, table))
        if written > writes or read > reads:
            doublings = ceil(log2(max(written / writes, read / reads)))
            found.append(
                Warming(
                    table=table,
                    write_units=max(writes, _two_figures(written / HEADROOM)),
                    read_units=max(reads, _two_figures(read / HEADROOM)),
                    otherwise_minutes=doublings * quota("doubling").value / 60,
                )
            )
    return tuple(found)


def reconnecting_s(workload: Workload, cells: int, limits: Mapping[str, float] | None = None) -> float:
    """How long it takes until everybody is back, when all sockets were lost at once: the window that they are told."""
    per_s = (limits or {}).get("new_connections", quota("new_connections").value) * cells
    window = RECONNECT
    if workload.reconnect_window_s is not None:
        window_ms = max(1, round(workload.reconnect_window_s * 1_000))
        window = Reconnection(first_ms=window_ms, most_ms=window_ms)
    burst = quota("new_connections_burst").value * cells
    return all_back_s(workload.connections, per_s=per_s, burst=burst, window=window)


def _used(workload: Workload, loads: Sequence[Load]) -> dict[str, float]:
    """By the key of the quota, all cells together."""
    running = concurrency(tuple(loads))
    bodies = sum(load.bodies for load in loads)
    tables = ("messages", "rooms", "connections")
    return {
        "api_requests": sum(load.requests for load in loads),
        "new_connections": opened_per_s(workload),
        "concurrency": sum(running.values()),
        "pollers": running.get("deliver", 0),
        "in_flight": bodies * latency("sqs").p99_ms / 1_000,
        "publishes": sum(load.published for load in loads),
        "table_writes": max(sum(_units(loads, table)[0]) for table in tables),
        "table_reads": max(sum(_units(loads, table)[1]) for table in tables),
    }


def _units(loads: Sequence[Load], table: str) -> tuple[list[float], list[float]]:
    return [load.written.get(table, 0) for load in loads], [load.read.get(table, 0) for load in loads]


def _use(of: Quota, used: float, limits: Mapping[str, float]) -> Use:
    return Use(
        key=of.key,
        title=of.title,
        used=used,
        limit=limits.get(of.key, of.value),
        unit=of.unit,
        code=of.code,
        service=of.service,
        adjustable=of.adjustable,
        lead_days=of.lead_days,
        source="Service Quotas" if of.key in limits else of.source.place,
    )


def _of_room(rate_per_s: float) -> Use:
    return Use(
        key=ROOM,
        title="messages of one room, which numbers them one by one",
        used=rate_per_s,
        limit=LIMIT_PER_S,
        unit="1/s",
        code=None,
        service="chat",
        adjustable=False,
        lead_days=None,
        source="chat.pace.LIMIT_PER_S",
    )


def _two_figures(value: float) -> float:
    """Rounded up."""
    if value <= 0:
        return 0
    step = 10 ** max(0, int(log10(value)) - 1)
    return float(ceil(value / step) * step)
