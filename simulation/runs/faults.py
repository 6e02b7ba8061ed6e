"""What goes wrong in a case, fault by fault, so that each can be left out; and how they strike.

Times are milliseconds from the beginning of a run.
"""

from __future__ import annotations

import random
from collections.abc import Container, Sequence
from dataclasses import dataclass
from enum import Enum

from simulation.cloud.disturbance import BodyStrike, Delay, Disturbance, PostStrike, Strike
from simulation.cloud.scheduler import START_MS, Scheduler
from simulation.cloud.stage import FUNCTIONS

ENDS_MS = 60_000
"""From here on nothing goes wrong."""

LATE_BODY_MS = 20_000


@dataclass(frozen=True)
class Death:
    """From `at_ms` on, the `call`-th call that instances of a function make ends the one that makes it."""

    at_ms: int
    function: str
    call: int
    after: bool
    """Whether the call has its effect."""


class Kind(Enum):
    """What may be wrong for a while."""

    REFUSED = "calls to tables and queues are refused"
    UNHEARD = "calls are carried out and their answers lost"
    REPEATED = "calls are carried out twice"
    SLOW = "calls take seconds"
    POSTS_THROTTLED = "posts are answered 429"
    POSTS_FAILED = "posts are answered 5xx"
    POSTS_UNHEARD = "posts arrive and are answered 5xx"
    BODIES_LATE = "bodies of queues come late"
    BODIES_TWICE = "bodies of queues come twice"
    BODIES_LOST = "bodies of the delivery queue are lost"
    BATCHES_TWICE = "batches of streams come twice"
    TIER_AWAY = "the shared cache is out of reach"


@dataclass(frozen=True)
class Trouble:
    """Something is wrong from `from_ms` until `until_ms`, for a share of what could meet it."""

    kind: Kind
    from_ms: int
    until_ms: int
    share: float


class Mishap(Enum):
    """What may happen to somebody's client."""

    CUT = "the connection is cut"
    VANISHED = "the connection is lost, and the server does not notice"
    OFFLINE = "there is no network"
    ASLEEP = "the machine sleeps"


@dataclass(frozen=True)
class Accident:
    """Something happens to a client. `duration_ms` counts for what lasts."""

    at_ms: int
    user: str
    mishap: Mishap
    duration_ms: int = 0


@dataclass(frozen=True)
class Recycled:
    """All instances of a function that are idle end: what they remembered is forgotten, and the next start cold."""

    at_ms: int
    function: str


@dataclass(frozen=True)
class Lost:
    """A Region is gone, with whatever it had not copied, until `back_ms`; None: for good."""

    at_ms: int
    region: str
    back_ms: int | None


@dataclass(frozen=True)
class Parted:
    """The two Regions work and copy nothing to each other."""

    at_ms: int
    until_ms: int


@dataclass(frozen=True)
class TakenOver:
    """An operator has a Region number from now on, whether the other one is lost or not."""

    at_ms: int
    region: str


RegionFault = Lost | Parted | TakenOver
Fault = Death | Trouble | Accident | Recycled | RegionFault

_CALLS = {
    Kind.REFUSED: Strike.REFUSED,
    Kind.UNHEARD: Strike.UNHEARD,
    Kind.REPEATED: Strike.REPEATED,
    Kind.SLOW: Strike.SLOW,
}
_POSTS = {
    Kind.POSTS_THROTTLED: PostStrike.THROTTLED,
    Kind.POSTS_FAILED: PostStrike.FAILED,
    Kind.POSTS_UNHEARD: PostStrike.UNHEARD,
}
_BODIES: dict[Kind, BodyStrike | Delay] = {
    Kind.BODIES_LATE: Delay(LATE_BODY_MS),
    Kind.BODIES_TWICE: BodyStrike.TWICE,
    Kind.BODIES_LOST: BodyStrike.LOST,
}
LOSABLE = frozenset({"delivery", "notices"})
"""Queues whose bodies may be lost: SQS loses none, but a dead letter that nobody redrives is as good as lost."""

FRAGILE = tuple(spec.handler for spec in FUNCTIONS)


class Faults(Disturbance):
    """The deaths and troubles of a case. The same list strikes the same way in the same run."""

    def __init__(self, seed: int, faults: Sequence[Fault]) -> None:
        self._chance = random.Random(f"faults {seed}")  # noqa: S311 - it repeats
        self._troubles = [fault for fault in faults if isinstance(fault, Trouble)]
        self._deaths = [fault for fault in faults if isinstance(fault, Death)]
        self._left = [death.call for death in self._deaths]
        """Calls until each strikes."""
        self._scheduler: Scheduler | None = None

    def begin(self, scheduler: Scheduler) -> None:
        """The run has begun."""
        self._scheduler = scheduler

    def call(self, function: str, service: str, operation: str) -> Strike | None:  # noqa: ARG002
        """See `Disturbance`. Posts have troubles of their own."""
        death = self._death(function)
        if death is not None or service == "sockets":
            return death
        trouble = self._trouble(_CALLS)
        return _CALLS[trouble] if trouble else None

    def post(self, connection: str) -> PostStrike | None:
        """See `Disturbance`."""
        del connection
        trouble = self._trouble(_POSTS)
        return _POSTS[trouble] if trouble else None

    def body(self, queue: str) -> BodyStrike | Delay | None:
        """See `Disturbance`."""
        trouble = self._trouble(_BODIES)
        if trouble is None or (trouble is Kind.BODIES_LOST and queue not in LOSABLE):
            return None
        return _BODIES[trouble]

    def batch(self, stream: str) -> bool:
        """See `Disturbance`."""
        del stream
        return self._trouble({Kind.BATCHES_TWICE}) is not None

    def tier(self) -> bool:
        """See `Disturbance`."""
        return self._trouble({Kind.TIER_AWAY}) is not None

    def _now_ms(self) -> int:
        return self._scheduler.now_ms - START_MS if self._scheduler else 0

    def _death(self, function: str) -> Strike | None:
        now_ms = self._now_ms()
        for place, death in enumerate(self._deaths):
            if death.function == function and death.at_ms <= now_ms < ENDS_MS and self._left[place]:
                self._left[place] -= 1
                if self._left[place] == 0:
                    return Strike.DIE_AFTER if death.after else Strike.DIE_BEFORE
        return None

    def _trouble(self, kinds: Container[Kind]) -> Kind | None:
        now_ms = self._now_ms()
        for trouble in self._troubles:
            struck = trouble.kind in kinds and trouble.from_ms <= now_ms < trouble.until_ms
            if struck and self._chance.random() < trouble.share:
                return trouble.kind
        return None
