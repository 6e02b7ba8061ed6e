"""Provisioned concurrency by the clock: what a forecast asks for, and Application Auto Scaling told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from operations.facts.prices import prices_of
from operations.forecasting.seasons import Forecast

LEAD = timedelta(minutes=10)
"""How long before its hour capacity is asked for: environments take minutes to be made."""

DIMENSION = "lambda:function:ProvisionedConcurrency"
NAMESPACE = "lambda"
DAYS = 30


@dataclass(frozen=True)
class Step:
    """From `at` (UTC, `HH:MM`) on, so many environments wait."""

    at: str
    capacity: int

    @property
    def name(self) -> str:
        """Of the scheduled action: the same each day, so that tomorrow's plan takes the place of today's."""
        return f"forecast-{self.at.replace(':', '')}"


@dataclass(frozen=True)
class Schedule:
    """A day of one function's alias."""

    function: str
    alias: str
    steps: tuple[Step, ...]
    usd_per_month: float
    """Of environments that wait, all hours of a month as planned."""

    @property
    def resource(self) -> str:
        """As Application Auto Scaling names it."""
        return f"function:{self.function}:{self.alias}"

    def as_builtins(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def plan(function: str, alias: str, begins: datetime, forecast: Forecast, *, memory_mb: int, region: str) -> Schedule:
    """As many environments as the forecast's upper bound asks for in each hour, a step where that changes."""
    wanted = [ceil(value) for value in forecast.high]
    # The last hour of today is as the last one of tomorrow: the plan goes round.
    changed = [hour for hour, count in enumerate(wanted) if count != wanted[hour - 1]]
    steps = [Step(f"{begins + timedelta(hours=hour) - LEAD:%H:%M}", wanted[hour]) for hour in changed or [0]]
    gb_s = sum(wanted) * 3_600 * memory_mb / 1_024 * DAYS
    return Schedule(function, alias, tuple(steps), prices_of(region)["provisioned_gb_s"].of(gb_s))


def apply(scaling: Any, schedule: Schedule) -> int:  # noqa: ANN401  # boto3's client of Application Auto Scaling
    """Puts the schedule in force and takes away what an earlier one left; returns the calls that it took."""
    most = max(step.capacity for step in schedule.steps)
    of = {"ServiceNamespace": NAMESPACE, "ResourceId": schedule.resource, "ScalableDimension": DIMENSION}
    scaling.register_scalable_target(**of, MinCapacity=0, MaxCapacity=most)
    for step in schedule.steps:
        hour, minute = step.at.split(":")
        scaling.put_scheduled_action(
            **of,
            ScheduledActionName=step.name,
            Schedule=f"cron({int(minute)} {int(hour)} * * ? *)",
            ScalableTargetAction={"MinCapacity": step.capacity, "MaxCapacity": step.capacity},
        )
    stale = _stale(scaling, of, schedule.steps)
    for name in stale:
        scaling.delete_scheduled_action(**of, ScheduledActionName=name)
    return 2 + len(schedule.steps) + len(stale)


def _stale(scaling: Any, of: dict[str, str], steps: Sequence[Step]) -> list[str]:  # noqa: ANN401
    """Actions of an earlier plan at other times. Somebody else's own are left alone."""
    found = scaling.describe_scheduled_actions(**of)["ScheduledActions"]
    names = {action["ScheduledActionName"] for action in found}
    return sorted(name for name in names - {step.name for step in steps} if name.startswith("forecast-"))
