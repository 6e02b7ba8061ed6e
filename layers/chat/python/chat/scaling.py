"""Operators change how the stage scales, without a deployment: what is refused, what it would do, and the way back.

A change replaces all of the one before it; what it does not name is as it was deployed. Each is a version, and is
stored only behind the version that its operator has seen. Rolling back makes a new version of what an earlier one said.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Literal, Protocol

import msgspec

from chat.errors import ChatError, InvalidFieldError
from chat.pace import LIMIT_PER_S
from chat.planning import QUIET, Thresholds, plan, posts_per_s
from chat.ports import Clock, Ids
from chat.storage.audit import AuditTrail, Deed
from chat.storage.fanout_settings import REMEMBERED_MS
from chat.storage.scaling import LOOK_MS, Scaling, ScalingBook
from chat.versions import Version, VersionConflictError, Why

ACCOUNT_POSTS_PER_S = 10_000
"""What an account's API takes unless it asks for more (quota L-8A5B8E43): no one room may cost more uncoalesced."""

MOST_USER_RATE_PER_S, MOST_USER_BURST = 1_000, 10_000
MOST_CONCURRENT = 1_000
"""What an account runs at once unless it asks for more (quota L-B99A9384), and the most that SQS' pollers take."""

FEWEST_POLLERS = 2
"""Lambda's own least `MaximumConcurrency`."""

IN_FORCE_WITHIN_MS = max(REMEMBERED_MS, LOOK_MS)
SHOWN_VERSIONS = 50

LimitName = Literal["user_rate_per_s", "user_burst", "room_rate_per_s"]

logger = logging.getLogger(__name__)


class VersionNotFoundError(ChatError):
    """There was no such version."""

    code, status = "version_not_found", 404


class Concurrency(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How much of one function runs at once.

    `reserved` for it alone, so many of them `provisioned` before anybody calls, and `pollers` of them for its queue:
    where the queue has pollers of its own it is those that are bounded, of which each runs ten at once.
    """

    reserved: Annotated[int, msgspec.Meta(ge=1, le=MOST_CONCURRENT)] | None = None
    provisioned: Annotated[int, msgspec.Meta(ge=1, le=MOST_CONCURRENT)] | None = None
    pollers: Annotated[int, msgspec.Meta(ge=FEWEST_POLLERS, le=MOST_CONCURRENT)] | None = None


class RoomLoad(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A room to show the effect on: sockets, messages a second, and bytes of a message."""

    online: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
    rate_per_s: Annotated[float, msgspec.Meta(ge=0, le=LIMIT_PER_S)]
    size_bytes: Annotated[int, msgspec.Meta(ge=1, le=128 * 1024)] = 400


ROOMS = (RoomLoad(10, 1), RoomLoad(100, 1), RoomLoad(1_000, 10), RoomLoad(10_000, 10))
"""Shown where nobody says which."""


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator asks for. With `dry_run` nothing is stored; `rooms` are those that the effect is shown on."""

    if_version: Version
    why: Why
    thresholds: dict[str, int] = {}
    limits: dict[LimitName, int] = {}
    functions: dict[str, Concurrency] = {}
    dry_run: bool = False
    rooms: Annotated[list[RoomLoad], msgspec.Meta(max_length=20)] = msgspec.field(default_factory=lambda: [*ROOMS])


class Rollback(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which version's values are to be in force again, behind which one."""

    version: Version
    if_version: Version
    why: Why


class VersionView(msgspec.Struct, frozen=True, kw_only=True):
    """One version as operators see it. Version 0 is the deployment, which nobody asked for here."""

    version: int
    thresholds: dict[str, int]
    limits: dict[str, int]
    functions: dict[str, dict[str, int]]
    operator: str
    why: str
    at_ms: int


class Delivery(msgspec.Struct, frozen=True):
    """How a room is delivered to: `posts_per_s` is what API Gateway bills."""

    tier: str
    step: str
    window_ms: int
    posts_per_s: float


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """One room before and after."""

    online: int
    rate_per_s: float
    size_bytes: int
    before: Delivery
    after: Delivery


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The stage as it scales: `deployed` with the changes of `current` is `in_force`."""

    current: VersionView
    deployed: dict[str, int]
    in_force: dict[str, int]
    functions: list[str]
    """Those whose concurrency can be changed."""


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What was stored, or would be, and its effect. Everywhere in force after `in_force_within_ms`."""

    stored: bool
    current: VersionView
    effect: list[Effect]
    in_force_within_ms: int


class Versions(msgspec.Struct, frozen=True):
    """The newest versions, the newest first."""

    versions: list[VersionView]


class FunctionScaling(Protocol):
    """Where the concurrency of functions is set."""

    @property
    def names(self) -> frozenset[str]:
        """Functions that can be scaled."""

    @property
    def polled(self) -> frozenset[str]:
        """Those of them that work off a queue."""

    def apply(self, before: Mapping[str, Mapping[str, int]], after: Mapping[str, Mapping[str, int]]) -> None:
        """Sets what differs; a part of it, where that fails. Safe to repeat.

        Raises `InvalidFieldError` for what the account does not take, `UnavailableError`.
        """


@dataclass(frozen=True, kw_only=True)
class ControlRoom:
    """What changing the stage takes. `deployed` and `limits` are what it was deployed with."""

    book: ScalingBook
    functions: FunctionScaling
    deployed: Thresholds
    limits: Mapping[str, int]
    audit: AuditTrail
    ids: Ids
    clock: Clock


def look(control: ControlRoom) -> Config:
    """What is in force. One read unit."""
    current = control.book.current()
    in_force = _in_force(control, current)
    return Config(
        current=_view(current),
        deployed={**asdict(control.deployed), **control.limits},
        in_force={**asdict(in_force), **control.limits, **current.limits},
        functions=sorted(control.functions.names),
    )


def versions(control: ControlRoom) -> Versions:
    """The newest `SHOWN_VERSIONS`."""
    return Versions([_view(scaling) for scaling in control.book.newest(SHOWN_VERSIONS)])


def change(control: ControlRoom, operator: str, asked: Change) -> Changed:
    """Puts it in force behind `if_version`, unless it is a dry run.

    Noted before it is stored: what was refused afterwards by a version conflict stands in the audit, too. Raises
    `InvalidFieldError` with the reason, `VersionConflictError`, `UnavailableError`.
    """
    functions = {name: _numbers(wanted) for name, wanted in asked.functions.items()}
    wanted = Scaling(
        thresholds=asked.thresholds,
        limits={str(name): number for name, number in asked.limits.items()},
        functions=functions,
    )
    return _put_in_force(control, operator, wanted, asked)


def roll_back(control: ControlRoom, operator: str, asked: Rollback) -> Changed:
    """Puts the values of an earlier version in force again. Raises as `change`, and `VersionNotFoundError`."""
    earlier = control.book.find(asked.version)
    if earlier is None:
        raise VersionNotFoundError(f"There was no version {asked.version}.")
    return _put_in_force(control, operator, earlier, Change(asked.if_version, asked.why))


def _put_in_force(control: ControlRoom, operator: str, wanted: Scaling, asked: Change) -> Changed:
    after = _checked(control, wanted)
    current = control.book.current()
    if current.version != asked.if_version:
        raise VersionConflictError(f"Version {current.version} is in force, not {asked.if_version}.")
    effect = [_effect(room, _in_force(control, current), after) for room in asked.rooms]
    now_ms = control.clock.now_ms()
    scaling = replace(wanted, version=current.version + 1, operator=operator, why=asked.why, at_ms=now_ms)
    if not asked.dry_run:
        _store(control, current, scaling)
    return Changed(
        stored=not asked.dry_run, current=_view(scaling), effect=effect, in_force_within_ms=IN_FORCE_WITHIN_MS
    )


def _store(control: ControlRoom, current: Scaling, scaling: Scaling) -> None:
    deed = Deed(
        control.ids.new(), scaling.operator, "scaling.change", f"version:{scaling.version}", scaling.why, scaling.at_ms
    )
    control.audit.add(deed)
    # Functions first: whoever meets a failure here asks for the same again, behind the same version.
    try:
        control.functions.apply(current.functions, scaling.functions)
    except InvalidFieldError:
        control.functions.apply(scaling.functions, current.functions)
        raise
    if not control.book.store(scaling):
        control.functions.apply(scaling.functions, control.book.current().functions)
        raise VersionConflictError("Somebody else was quicker: look at what is in force now.")
    logger.info("stage scaled", extra={"version": scaling.version, "operator": scaling.operator, "deed": deed.id})


def _in_force(control: ControlRoom, current: Scaling) -> Thresholds:
    """What function instances go by: a change that does not fit what was deployed since is none."""
    try:
        return control.deployed.but(dict(current.thresholds))
    except ValueError:
        return control.deployed


def _checked(control: ControlRoom, wanted: Scaling) -> Thresholds:
    """The thresholds that it leads to. Raises `InvalidFieldError` for what makes no sense or is unsafe."""
    try:
        after = control.deployed.but(dict(wanted.thresholds))
    except ValueError as error:
        raise InvalidFieldError(f"thresholds: {error}") from error
    if after.coalesce > ACCOUNT_POSTS_PER_S:
        raise InvalidFieldError(
            f"thresholds: coalesce above {ACCOUNT_POSTS_PER_S:,} lets one room take all that the account may post."
        )
    _check_limits({**control.limits, **wanted.limits})
    unknown = wanted.functions.keys() - control.functions.names
    if unknown:
        raise InvalidFieldError(f"functions: {', '.join(sorted(unknown))} can't be scaled.")
    for name, numbers in wanted.functions.items():
        _check_concurrency(name, numbers, polled=name in control.functions.polled)
    return after


def _check_concurrency(name: str, numbers: Mapping[str, int], *, polled: bool) -> None:
    reserved = numbers.get("reserved", MOST_CONCURRENT)
    if "pollers" in numbers and not polled:
        raise InvalidFieldError(f"functions: {name} works off no queue, so it has no pollers.")
    if numbers.get("pollers", 0) > reserved:
        raise InvalidFieldError(f"functions: {name} has more pollers than may run: they would be throttled.")
    if numbers.get("provisioned", 0) > reserved:
        raise InvalidFieldError(f"functions: {name} has more provisioned than may run.")


def _check_limits(limits: Mapping[str, int]) -> None:
    rate, burst = limits["user_rate_per_s"], limits["user_burst"]
    if not 1 <= rate <= MOST_USER_RATE_PER_S:
        raise InvalidFieldError(f"limits: user_rate_per_s is 1 to {MOST_USER_RATE_PER_S:,}.")
    if not rate <= burst <= MOST_USER_BURST:
        raise InvalidFieldError(f"limits: user_burst is not below user_rate_per_s, and {MOST_USER_BURST:,} at most.")
    if not 1 <= limits["room_rate_per_s"] <= LIMIT_PER_S:
        raise InvalidFieldError(f"limits: room_rate_per_s is 1 to {LIMIT_PER_S}: a partition bears no more writes.")


def _effect(room: RoomLoad, before: Thresholds, after: Thresholds) -> Effect:
    return Effect(
        online=room.online,
        rate_per_s=room.rate_per_s,
        size_bytes=room.size_bytes,
        before=_delivery(room, before),
        after=_delivery(room, after),
    )


def _delivery(room: RoomLoad, thresholds: Thresholds) -> Delivery:
    planned = plan(room.online, room.rate_per_s, room.size_bytes, QUIET, thresholds)
    posts = posts_per_s(planned, room.online, room.rate_per_s, room.size_bytes)
    return Delivery(planned.tier, planned.step, planned.window_ms, round(posts, 1))


def _numbers(wanted: Concurrency) -> dict[str, int]:
    numbers: dict[str, int] = msgspec.to_builtins(wanted)
    return {name: number for name, number in numbers.items() if number is not None}


def _view(scaling: Scaling) -> VersionView:
    values: dict[str, Any] = asdict(scaling)
    return msgspec.convert(values, VersionView)
