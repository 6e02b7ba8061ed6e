"""The whole plan of a stage, and its form for programs (`build/plan.json`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from chat.planning import Thresholds, shards_for
from operations.capacity import bill as bills
from operations.capacity import loads as parts
from operations.capacity import utilisation
from operations.capacity.bill import LEFT_OUT, Bill
from operations.capacity.loads import MEMORY_MB, Load
from operations.capacity.measured import Figures
from operations.capacity.message_cost import to_deliver
from operations.capacity.utilisation import Use, Warming
from operations.capacity.workload import Workload
from operations.facts.prices import prices_of

SCHEMA = 1
"""Of the JSON. Fields are only ever added to it; whatever else changes raises this."""


@dataclass(frozen=True, kw_only=True)
class RoomPlan:
    """How messages reach rooms of one class, and how many shards their subscriptions stand in."""

    rooms: float
    sockets: int
    messages_per_s: float
    """In each."""
    tier: str
    step: str
    window_ms: int
    shards: int


@dataclass(frozen=True, kw_only=True)
class StagePlan:
    """Figures of a second are of the busiest minute, and of all cells together; those of `uses` are of each cell."""

    region: str
    cells: int
    workload: Workload
    figures: Figures
    rooms: tuple[RoomPlan, ...]
    loads: tuple[Load, ...]
    uses: tuple[Use, ...]
    """The fullest first."""
    warmings: tuple[Warming, ...]
    bill: Bill
    reconnecting_s: float
    in_use: Mapping[str, float]
    """Of a live account, by keys of quotas: its busiest minute of late, as CloudWatch has counted it."""

    @property
    def first(self) -> Use:
        """The quota that binds first."""
        return self.uses[0]

    @property
    def increases(self) -> tuple[Use, ...]:
        """Quotas to have raised."""
        return tuple(use for use in self.uses if use.wanted is not None)

    @property
    def blocked(self) -> tuple[Use, ...]:
        """What can't be had at all."""
        return tuple(use for use in self.uses if use.blocked)

    @property
    def concurrency(self) -> dict[str, float]:
        """How many of each function run at once."""
        return parts.concurrency(self.loads)


def make(
    workload: Workload,
    *,
    region: str,
    thresholds: Thresholds,
    figures: Figures,
    cells: int | None = None,
    limits: Mapping[str, float] | None = None,
    in_use: Mapping[str, float] | None = None,
) -> StagePlan:
    """The plan for a workload; `cells` are as many as are needed where None. `limits` and `in_use` are of an account.

    Raises `FactError` for a Region whose prices are not known.
    """
    prices = prices_of(region)
    loads = (
        parts.of_messages(workload, thresholds, figures),
        parts.of_events(workload, figures),
        parts.of_connections(workload),
    )
    cells = cells or utilisation.cells_for(workload, loads)
    sent = workload.messages_per_s
    return StagePlan(
        region=region,
        cells=cells,
        workload=workload,
        figures=figures,
        rooms=tuple(_room_plans(workload, thresholds)),
        loads=loads,
        uses=utilisation.uses(workload, loads, cells=cells, limits=limits),
        warmings=utilisation.warmings(loads, cells),
        bill=bills.bill(
            loads,
            prices,
            connections=workload.connections,
            average=workload.average,
            sent=sent,
            delivered=sent * workload.recipients,
        ),
        reconnecting_s=utilisation.reconnecting_s(workload, cells, limits),
        in_use=in_use or {},
    )


def as_json(plan: StagePlan) -> bytes:
    """The plan with the sums that programs look for first."""
    values = {
        "schema": SCHEMA,
        **msgspec.to_builtins(plan),
        "binds_first": plan.first.key,
        "increases": [_increase(use) for use in plan.increases],
        "blocked": [use.key for use in plan.blocked],
        "functions": [
            {"function": name, "memory_mb": MEMORY_MB[name], "concurrency": count}
            for name, count in plan.concurrency.items()
        ],
        "usd_per_month": plan.bill.usd,
        "usd_per_million_messages": plan.bill.per_million_messages,
        "usd_per_million_deliveries": plan.bill.per_million_deliveries,
        "left_out": LEFT_OUT,
    }
    for use, told in zip(plan.uses, values["uses"], strict=True):
        told["percent"] = use.percent
    return msgspec.json.format(msgspec.json.encode(values)) + b"\n"


def _increase(use: Use) -> dict[str, object]:
    return {
        "service": use.service,
        "code": use.code,
        "title": use.title,
        "from": use.limit,
        "to": use.wanted,
        "lead_days": use.lead_days,
    }


def _room_plans(workload: Workload, thresholds: Thresholds) -> list[RoomPlan]:
    plans = []
    for room in workload.rooms:
        rate_per_s = workload.rate_of(room)
        found = to_deliver(room.sockets, rate_per_s=rate_per_s, size_bytes=workload.size_bytes, thresholds=thresholds)
        plans.append(
            RoomPlan(
                rooms=room.rooms,
                sockets=room.sockets,
                messages_per_s=rate_per_s,
                tier=found.plan.tier,
                step=found.plan.step,
                window_ms=found.plan.window_ms,
                shards=shards_for(room.sockets, 1),
            )
        )
    return plans
