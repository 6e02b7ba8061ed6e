"""Feature flags: what the stage may do in one of several ways, and who gets which. Pure.

A flag is declared here, beside what its variants do. Whether it is on, and for whom, is a rule that operators set while
the stage runs (`chat.storage.flag_rules`). The first variant is the control: it is what everybody gets where there is
no rule, where the rule is off, and before and after its time. Whoever adds a flag adds the code of both its ways; who
removes one removes it here, and its row is ignored from then on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec

ROLES = ("reader", "member", "moderator", "owner")
"""Of those inside a room: `chat.access` ranks them."""

MOST_NAMED = 200
"""Users, rooms and roles that one rule may name: all rules together are read by every function that posts."""

_PARTS = 100

Variant = TypeVar("Variant", bound=StrEnum)
Share = Annotated[int, msgspec.Meta(ge=0, le=_PARTS)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Round = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Moment = Annotated[int, msgspec.Meta(ge=0, le=4_102_444_800_000)]
"""Milliseconds since 1970, up to the year 2100."""


@dataclass(frozen=True, kw_only=True)
class Flag(Generic[Variant]):
    """One thing that can be done in several ways. Who is told apart: users, or rooms with everybody in them."""

    name: str
    means: str
    variants: type[Variant]
    by: Literal["user", "room"]

    @property
    def control(self) -> Variant:
        """What is done where nobody has asked for anything else."""
        return next(iter(self.variants))

    @property
    def treatments(self) -> list[Variant]:
        """All but the control."""
        return list(self.variants)[1:]

    @property
    def metrics(self) -> list[str]:
        """What its variants are called where they are measured."""
        return [metric_of(self.name, variant) for variant in self.variants]


class Recipients(StrEnum):
    """When it is read who follows a small room (`docs/decisions/0017`)."""

    ALONG = "along"
    """While the message is being stored: one call less to wait for, and one for nothing where storing it fails."""
    AFTER = "after"
    """Once it is stored."""


RECIPIENTS = Flag(
    name="recipients",
    means="Whom a message is for is read `along` with storing it, or `after` that.",
    variants=Recipients,
    by="user",
)

FLAGS: Mapping[str, Flag[Any]] = {flag.name: flag for flag in (RECIPIENTS,)}
"""All there are, by name."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who gets which variant of a flag.

    `shares` is what percentage of users, or rooms, gets each variant but the control, which is the rest's. Who is named
    in `users`, `rooms` or `roles` gets the variant given there, in this order, and is compared with nobody. `round` is
    part of the hash: another one deals everybody anew.
    """

    on: bool = False
    shares: dict[Name, Share] = {}
    users: dict[Name, Name] = {}
    rooms: dict[Name, Name] = {}
    roles: dict[Name, Name] = {}
    starts_at_ms: Moment | None = None
    """None: at once."""
    ends_at_ms: Moment | None = None
    """None: when it is switched off."""
    round: Round = 0


@dataclass(frozen=True)
class Subject:
    """Who something is done for. `role` is theirs in the room; "" where nobody has looked."""

    user: str
    room: str = ""
    role: str = ""


@dataclass(frozen=True)
class Choice(Generic[Variant]):
    """What somebody gets. `compared`: it was dealt by the hash, so they stand for others of their variant."""

    variant: Variant
    compared: bool


def check(flag: Flag[Variant], rule: Rule) -> None:
    """Raises `ValueError` with what to change for a rule that makes no sense for this flag."""
    names = [str(variant) for variant in flag.variants]
    given = {*rule.users.values(), *rule.rooms.values(), *rule.roles.values(), *rule.shares}
    if unknown := given - set(names):
        raise ValueError(f"{flag.name} has no variant {', '.join(sorted(unknown))}; there are: {', '.join(names)}.")
    if flag.control in rule.shares:
        raise ValueError(f"{flag.control} is the control: it gets what the shares of the others leave.")
    if sum(rule.shares.values()) > _PARTS:
        raise ValueError(f"The shares are more than {_PARTS} % together.")
    if unknown := set(rule.roles) - set(ROLES):
        raise ValueError(f"There is no role {', '.join(sorted(unknown))}; there are: {', '.join(ROLES)}.")
    if len(rule.users) + len(rule.rooms) + len(rule.roles) > MOST_NAMED:
        raise ValueError(f"A rule names at most {MOST_NAMED} users, rooms and roles.")
    if rule.starts_at_ms is not None and rule.ends_at_ms is not None and rule.starts_at_ms >= rule.ends_at_ms:
        raise ValueError("starts_at_ms is before ends_at_ms.")


def choose(flag: Flag[Variant], rule: Rule | None, subject: Subject, now_ms: int) -> Choice[Variant]:
    """Which variant the subject gets: the same each time under the same rule, on whichever function."""
    if rule is None or not _in_force(rule, now_ms):
        return Choice(flag.control, compared=False)
    for named, name in ((rule.users, subject.user), (rule.rooms, subject.room), (rule.roles, subject.role)):
        if name in named:
            return Choice(flag.variants(named[name]), compared=False)
    return Choice(_dealt(flag, rule, subject.user if flag.by == "user" else subject.room), compared=True)


def metric_of(flag: str, variant: str) -> str:
    """What a variant is called in the dimension `variant` of metrics."""
    return f"{flag}:{variant}"


def _in_force(rule: Rule, now_ms: int) -> bool:
    begun = rule.starts_at_ms is None or rule.starts_at_ms <= now_ms
    over = rule.ends_at_ms is not None and rule.ends_at_ms <= now_ms
    return rule.on and begun and not over


def _dealt(flag: Flag[Variant], rule: Rule, unit: str) -> Variant:
    """By a hash of flag, round and user or room. A share that grows keeps those who were in it.

    A cryptographic one: with a checksum the same users would stand together in every flag.
    """
    digest = hashlib.blake2b(f"{flag.name}/{rule.round}/{unit}".encode(), digest_size=8).digest()
    place = int.from_bytes(digest, "big") % _PARTS
    for variant in flag.treatments:
        share = rule.shares.get(variant, 0)
        if place < share:
            return variant
        place -= share
    return flag.control
