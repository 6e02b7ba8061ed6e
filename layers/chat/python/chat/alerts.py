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

MAX_NAME_CHARS = 255
"""Of an alarm (CloudWatch)."""

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


class Alerts(msgspec.Struct, frozen=True, kw_only=True):
    """The active alarms, the oldest first; how many others there are; and what changed, the newest first."""

    active: list[Alarm]
    quiet: int
    history: list[Turn]


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
    taken = {str(row["sk"]): row for row in page.items}
    alarms = watch.alarms.all()
    active = [_with_owner(alarm, taken.get(alarm.name)) for alarm in alarms if alarm.state == "ALARM"]
    return Alerts(
        active=sorted(active, key=lambda alarm: alarm.since_ms),
        quiet=len(alarms) - len(active),
        history=watch.alarms.history(),
    )


def acknowledge(watch: Watch, operator: str, name: str, note: str) -> Alarm:
    """The operator looks after it from now on, in the place of whoever did. Noted in the audit.

    Raises `AlarmNotFoundError`, `AlarmQuietError`, `UnavailableError`.
    """
    alarm = next((alarm for alarm in watch.alarms.all() if alarm.name == name), None)
    if alarm is None:
        raise AlarmNotFoundError("The stage has no such alarm.")
    if alarm.state != "ALARM":
        raise AlarmQuietError("This alarm is not active.")
    now_ms = watch.clock.now_ms()
    watch.audit.add(Deed(watch.ids.new(), operator, "alarm.acknowledge", name, note, now_ms))
    pk, sk = keys.acknowledgement(name)
    row: Item = {"pk": pk, "sk": sk, "operator": operator, "note": note, "at_ms": now_ms, "since_ms": alarm.since_ms}
    watch.table.put(row)
    logger.info("alarm acknowledged", extra={"alarm": name, "operator": operator})
    return _with_owner(alarm, row)


def _with_owner(alarm: Alarm, row: Item | None) -> Alarm:
    if row is None or row["since_ms"] != alarm.since_ms:
        return alarm
    return msgspec.structs.replace(alarm, acknowledged=msgspec.convert(row, Acknowledgement))
