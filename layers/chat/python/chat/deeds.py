"""The audit trail as operators read it: one day at a time, page after page; and whether its chain holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import msgspec

from chat.errors import InvalidFieldError
from chat.ports import Clock, Query, Table
from chat.storage import keys
from chat.storage.audit import Break, Records, verify

PAGE = 100
MOST_BREAKS = 50
"""That are shown: the chain is broken, however many more there are."""


class DeedView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that an operator did."""

    id: str
    operator: str
    what: str
    about: str
    why: str
    at_ms: int


class Deeds(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a day (UTC), the newest first. `next` is where the next one starts, None at the day's beginning."""

    day: str
    deeds: list[DeedView]
    next: str | None


class BreakView(msgspec.Struct, frozen=True, kw_only=True):
    """Where the chain does not hold, and how that is seen."""

    day: str
    number: int
    why: str


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """How many records hold, from the oldest on, of how many days. Not `complete`: time was up before the newest."""

    held: int
    days: int
    complete: bool
    breaks: list[BreakView]


def verify_chain(table: Table, in_time: Callable[[], bool]) -> Chain:
    """Goes through the records as long as it is `in_time`. A query for each page of a day. Raises `UnavailableError`.

    The chain's end is bound by the log alone: `make audit` looks for a record that the log names.
    """
    held, days = 0, set[str]()
    breaks: list[BreakView] = []
    for found in verify(Records(table)):
        days.add(found.day)
        if not isinstance(found, Break):
            held += 1
        elif len(breaks) < MOST_BREAKS:
            breaks.append(BreakView(day=found.day, number=found.number, why=found.why))
        if not in_time():
            return Chain(held=held, days=len(days), complete=False, breaks=breaks)
    return Chain(held=held, days=len(days), complete=True, breaks=breaks)


def read(table: Table, clock: Clock, day: str | None, start: str | None) -> Deeds:
    """The deeds of `day` (None: today), behind where another page ended. One query of up to `PAGE`.

    Raises `InvalidFieldError` for what is no day, `UnavailableError`.
    """
    partition = keys.audit_day(_day(day, clock))
    behind = (partition, start) if start else None
    (page,) = table.query(Query(partition, limit=PAGE, start=behind, consistent=True, descending=True))
    return Deeds(
        day=partition.removeprefix(keys.AUDIT),
        deeds=[msgspec.convert(item, DeedView) for item in page.items],
        next=str(page.end[1]) if page.end else None,
    )


def _day(day: str | None, clock: Clock) -> str:
    if day is None:
        return datetime.fromtimestamp(clock.now_ms() / 1_000, UTC).date().isoformat()
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError as error:
        raise InvalidFieldError("`day` is a day as 2026-01-31.") from error
