"""How much waits before it is needed: pollers by the clock, and more while an alarm says that they are too few. Pure.

Lambda itself goes from a queue's least pollers to its most. What is decided here is the least: a step of a forecast's
plan, doubled each time that the queue's alarm is on, and halved when nothing was wrong for `QUIET_S`. What a table is
warm for is only ever raised: DynamoDB takes nothing less than before, and bills the raising alone.
"""

from __future__ import annotations

from dataclasses import dataclass

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
