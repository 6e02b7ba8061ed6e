"""The audit trail as operators read it: one day at a time, page after page."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec

from chat.errors import InvalidFieldError
from chat.ports import Clock, Query, Table
from chat.storage import keys

PAGE = 100


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
