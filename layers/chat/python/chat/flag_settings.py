"""Operators look at the stage's feature flags and change who gets which variant, without a deployment.

A change replaces all of the rule before it, and is stored only behind the version that its operator has seen.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import msgspec

from chat.errors import InvalidFieldError
from chat.flags import FLAGS, Flag, Rule, check
from chat.ports import Clock, Ids
from chat.storage.audit import AuditTrail, Deed
from chat.storage.flag_rules import REMEMBERED_MS, FlagRules, Kept
from chat.versions import Version, VersionConflictError, Why

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What taking an operator's word takes."""

    rules: FlagRules
    audit: AuditTrail
    ids: Ids
    clock: Clock


class FlagChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator asks for: the whole rule of one flag, behind which version of it, and why."""

    flag: str
    rule: Rule
    if_version: Version
    why: Why


class FlagView(msgspec.Struct, frozen=True, kw_only=True):
    """One flag as operators see it. The first of `variants` is the control. Version 0: nobody has set a rule."""

    flag: str
    means: str
    variants: list[str]
    by: str
    rule: Rule
    version: int
    changed_at_ms: int
    in_force_within_ms: int = REMEMBERED_MS


class Flags(msgspec.Struct, frozen=True):
    """All flags of this release, by name."""

    flags: list[FlagView]


def look(desk: Desk) -> Flags:
    """All flags of this release, by name. A read unit each."""
    return Flags([_view(flag, desk.rules.read(name)) for name, flag in sorted(FLAGS.items())])


def change(desk: Desk, operator: str, wanted: FlagChange) -> FlagView:
    """Notes the deed, then replaces the rule. In force everywhere after `REMEMBERED_MS`.

    Raises `InvalidFieldError`, `VersionConflictError`, and `UnavailableError`: then it may have been noted, and whether
    it was stored shows `look`.
    """
    flag = _known(wanted.flag)
    try:
        check(flag, wanted.rule)
    except ValueError as error:
        raise InvalidFieldError(str(error)) from error
    _require(desk.rules.read(flag.name).version, wanted.if_version)
    about = f"{flag.name}: {msgspec.json.encode(wanted.rule).decode()}"
    deed = Deed(desk.ids.new(), operator, "flags.set", about, wanted.why.strip(), desk.clock.now_ms())
    desk.audit.add(deed)
    kept = desk.rules.write(flag, wanted.rule, version=wanted.if_version)
    if kept is None:
        raise VersionConflictError(f"{flag.name} was changed at this moment; look at it again.")
    logger.info("flag set", extra={"deed": deed.id, "operator": operator, "about": about, "version": kept.version})
    return _view(flag, kept)


def _known(name: str) -> Flag[Any]:
    if name not in FLAGS:
        raise InvalidFieldError(f"There is no flag {name!r}; there are: {', '.join(sorted(FLAGS))}.")
    return FLAGS[name]


def _require(version: int, expected: int) -> None:
    if version != expected:
        raise VersionConflictError(f"It is at version {version}; look at it again before you change it.")


def _view(flag: Flag[Any], kept: Kept) -> FlagView:
    return FlagView(
        flag=flag.name,
        means=flag.means,
        variants=[str(variant) for variant in flag.variants],
        by=flag.by,
        rule=kept.rule,
        version=kept.version,
        changed_at_ms=kept.changed_at_ms,
    )
