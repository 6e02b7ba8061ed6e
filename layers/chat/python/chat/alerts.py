"""Alarms as operators see them: which are active, what went before, and who looks after which."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Annotated, Protocol

import msgspec

from chat.errors import ChatError
from chat.ports import Clock, Ids, Item, Query, Table
from chat.storage import keys
from chat.storage.audit import AuditTrail, Deed

KEPT_S = 7 * 24 * 3_600
"""How long it is known who looked after an alarm, as long as what changed; the audit has it for good."""

logger = logging.getLogger(__name__)


class AlarmNotFoundError(ChatError):
    """The stage has no alarm of this name."""

    code, status = "alarm_not_found", 404


class AlarmQuietError(ChatError):
    """An alarm that is not active needs nobody to look after it."""

    code, status = "alarm_quiet", 409


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator says who takes an alarm on: the others read it."""

    note: Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True):
    """Who looks after an alarm, since when, and what they said."""

    operator: str
    note: str
    at_ms: int


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm. `means` says what to do; `acknowledged` is of the time that it has been in this state, else None."""

    name: str
    state: str
    since_ms: int
    reason: str
    means: str
    acknowledged: Acknowledgement | None = None


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm's change from one state to another."""

    name: str
    at_ms: int
    summary: str


class Care(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm that somebody looked after, on or over by now: it began at `since_ms`."""

    name: str
    since_ms: int
    acknowledged: Acknowledgement


class Alerts(msgspec.Struct, frozen=True, kw_only=True):
    """The active alarms, the oldest first, and how many others there are.

    Of the last week, the newest first: what changed, and who looked after what.
    """

    active: list[Alarm]
    quiet: int
    history: list[Turn]
    cared_for: list[Care]


class Alarms(Protocol):
    """The stage's alarms. Both raise `UnavailableError`."""

    def all(self) -> list[Alarm]:
        """As they are, acknowledged by nobody."""

    def history(self) -> list[Turn]:
        """What changed in the last days, the newest first."""


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What looking after alarms takes."""

    alarms: Alarms
    table: Table
    audit: AuditTrail
    ids: Ids
    clock: Clock


def look(watch: Watch) -> Alerts:
    """All of it: calls for the alarms and their history, and one read unit. Raises `UnavailableError`."""
    (page,) = watch.table.query(Query(keys.ACKNOWLEDGED, consistent=True))
    cared_for = sorted(map(_care, page.items), key=lambda care: care.acknowledged.at_ms, reverse=True)
    owners = {(care.name, care.since_ms): care.acknowledged for care in cared_for}
    alarms = watch.alarms.all()
    active = [_with_owner(alarm, owners.get((alarm.name, alarm.since_ms))) for alarm in alarms if _is_on(alarm)]
    return Alerts(
        active=sorted(active, key=lambda alarm: alarm.since_ms),
        quiet=len(alarms) - len(active),
        history=watch.alarms.history(),
        cared_for=cared_for,
    )


def acknowledge(watch: Watch, operator: str, name: str, note: str) -> Alarm:
    """The operator looks after it from now on, in the place of whoever did. Noted in the audit.

    Raises `AlarmNotFoundError`, `AlarmQuietError`, `UnavailableError`.
    """
    alarm = next((alarm for alarm in watch.alarms.all() if alarm.name == name), None)
    if alarm is None:
        raise AlarmNotFoundError("The stage has no such alarm.")
    if not _is_on(alarm):
        raise AlarmQuietError("This alarm is not active.")
    now_ms = watch.clock.now_ms()
    watch.audit.add(Deed(watch.ids.new(), operator, "alarm.acknowledge", name, note, now_ms))
    acknowledged = Acknowledgement(operator=operator, note=note, at_ms=now_ms)
    pk, sk = keys.acknowledgement(name, alarm.since_ms)
    care = {"name": name, "since_ms": alarm.since_ms, "acknowledged": msgspec.to_builtins(acknowledged)}
    watch.table.put({"pk": pk, "sk": sk, **care, "expires_at_s": now_ms // 1_000 + KEPT_S})
    logger.info("alarm acknowledged", extra={"alarm": name, "operator": operator})
    return _with_owner(alarm, acknowledged)


def _is_on(alarm: Alarm) -> bool:
    return alarm.state == "ALARM"


def _with_owner(alarm: Alarm, acknowledged: Acknowledgement | None) -> Alarm:
    return msgspec.structs.replace(alarm, acknowledged=acknowledged)


def _care(row: Item) -> Care:
    return msgspec.convert(row, Care)
