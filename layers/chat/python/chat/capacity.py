"""How much waits before it is needed: pollers by the clock, and more while an alarm says that they are too few. Pure.

Lambda itself goes from a queue's least pollers to its most. What is decided here is the least: a step of a forecast's
plan, doubled each time that the queue's alarm is on, and halved when nothing was wrong for `QUIET_S`. What a table is
warm for is only ever raised: DynamoDB lowers it by itself, and bills the raising alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec

LEAST_POLLERS, MOST_LEAST_POLLERS = 2, 200
"""What Lambda takes as the least pollers of a queue (API reference, ProvisionedPollerConfig)."""

RUNS_A_POLLER = 10
"""Functions that one poller keeps running at once (Lambda Developer Guide, scaling of SQS event sources)."""

QUIET_S = 15 * 60
"""How long nothing may have been wrong, and nothing changed, before less waits: raised at once, lowered late."""

REVIEW_S = 60
"""How often all of this is looked at."""

WARM_S = 10 * 60
"""How long a table is left alone after it was warmed: DynamoDB takes minutes to split its partitions."""

DAY_MIN = 24 * 60


class Step(msgspec.Struct, frozen=True, array_like=True):
    """From this minute of the day (UTC) on, so many pollers at least."""

    from_min: Annotated[int, msgspec.Meta(ge=0, lt=DAY_MIN)]
    pollers: Annotated[int, msgspec.Meta(ge=0)]


Plan = dict[str, tuple[Step, ...]]
"""By the queue's name, a day's steps."""


class PlanError(ValueError):
    """What is kept as a plan is none."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What may never be left, whatever a plan or an alarm says."""

    least: int
    most: int

    def hold(self, value: int) -> int:
        """The nearest value that may be."""
        return min(self.most, max(self.least, value))


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What a queue's alarm says, and for how long it has said so."""

    alarming: bool
    since_s: float


def read_plan(text: str) -> Plan:
    """The plan as Parameter Store keeps it, "" for none. Raises `PlanError`."""
    try:
        return msgspec.json.decode(text or "{}", type=Plan)
    except msgspec.MsgspecError as error:
        raise PlanError(f"the plan of pollers can't be read: {error}") from error


def write_plan(plan: Mapping[str, Sequence[Step]]) -> str:
    """As `read_plan` takes it."""
    return msgspec.json.encode(plan).decode()


def planned(steps: Sequence[Step], minute: int) -> int:
    """What the plan asks for at a minute of the day: the last step before it, of the day before in the early hours."""
    if not steps:
        return 0
    ordered = sorted(steps, key=lambda step: step.from_min)
    return next((step.pollers for step in reversed(ordered) if step.from_min <= minute), ordered[-1].pollers)


def next_least(now: int, *, floor: int, bounds: Bounds, watched: Watched, changed_s: float) -> int:
    """The least pollers to have from now on; `floor` is what the plan asks for, `changed_s` how old the present is."""
    floor = bounds.hold(floor)
    if watched.alarming:
        return max(floor, bounds.hold(now * 2))
    if now <= floor:
        return floor
    if min(watched.since_s, changed_s) < QUIET_S:
        return bounds.hold(now)
    return max(floor, bounds.hold(now // 2))


def next_warm(now: int, *, most: int, watched: Watched) -> int:
    """What a table that is throttled is to be warm for: twice as much when that begins, and each `WARM_S` it lasts.

    A hot partition throttles, too, and no warming helps it: so it is not doubled each minute.
    """
    if not watched.alarming or watched.since_s % WARM_S >= REVIEW_S:
        return now
    return max(now, min(most, now * 2))
