"""What operators did: records that are added, never changed or removed, each bound to the one before it by its hash.

A day (UTC) has a partition, in which records are numbered from 1. Each holds the hash of the record before it, and its
own over that and all it says. The first record of a day holds the hash of the last one before that day, and one more
partition lists the days. So whoever changes, removes or reorders a record breaks the chain behind it, which
`operations.audit` shows. The end of the chain is bound by nothing but the log: each record's hash is a line in it.

No role may update or delete these items (`cdk/stacks/data.py`), and the code adds under a condition only.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from chat.errors import UnavailableError
from chat.ports import Absent, Item, Put, Query, TransactionError, Write
from chat.storage import keys
from chat.storage.paging import Readable, every_page

ATTEMPTS = 8
"""Tries to add a record while others add theirs. Operators are few."""

BEGINNING = "0" * 64
"""What the very first record has in the place of a hash before it."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Deed:
    """One thing that an operator asked for: who, what, about what, and why in their own words."""

    id: str
    operator: str
    what: str
    about: str
    why: str
    at_ms: int


@dataclass(frozen=True)
class Link:
    """Where a record stands in the chain."""

    day: str
    number: int
    previous: str
    """The hash before it."""
    hash: str


class Records:
    """All deeds in one table, to be read."""

    def __init__(self, table: Readable) -> None:
        self._readable = table

    def days(self) -> Iterator[str]:
        """All days with deeds, the oldest first."""
        for page in every_page(self._readable, Query(keys.AUDIT_DAYS, consistent=True)):
            yield from (str(row["sk"]) for row in page.items)

    def of_day(self, day: str) -> Iterator[Item]:
        """The records of a day as they stand, by number."""
        for page in every_page(self._readable, Query(keys.audit_day(day), consistent=True)):
            yield from page.items


class Addable(Readable, Protocol):
    """What of a table adding takes."""

    def transact(self, writes: Sequence[Write], *, token: str | None = None) -> None:
        """As `chat.ports.Table` has it."""


class AuditTrail(Records):
    """All deeds in one table, to be added to."""

    def __init__(self, table: Addable) -> None:
        super().__init__(table)
        self._table = table

    def add(self, deed: Deed) -> Link:
        """Stores the deed behind the last one. Two reads, a write unit or two; two more of each a day.

        Raises `UnavailableError`: then it may have been stored, or not.
        """
        day = datetime.fromtimestamp(deed.at_ms / 1_000, UTC).date().isoformat()
        for _ in range(ATTEMPTS):
            newest = self._newest_day()
            # Clocks differ by a little: a deed from before midnight may come after the first of the next day.
            link = self._next(deed, max(day, newest or day), newest)
            try:
                self._store(deed, link, new_day=newest != link.day)
            except TransactionError:
                continue
            logger.info("deed", extra={"deed": deed.id, "day": link.day, "number": link.number, "hash": link.hash})
            return link
        raise UnavailableError("Others are writing at the same moment; try again.", retry_after_ms=1_000)

    def _next(self, deed: Deed, day: str, newest: str | None) -> Link:
        last = self._last(newest) if newest else None
        number = int(last["number"]) + 1 if last and newest == day else 1
        previous = str(last["hash"]) if last else BEGINNING
        return Link(day, number, previous, hash_of(deed, day, number, previous))

    def _store(self, deed: Deed, link: Link, *, new_day: bool) -> None:
        pk, sk = keys.audit(link.day, link.number)
        writes = [Put({"pk": pk, "sk": sk, **asdict(deed), **asdict(link)}, Absent())]
        if new_day:
            writes.append(Put({"pk": keys.AUDIT_DAYS, "sk": link.day}, Absent()))
        self._table.transact(writes, token=f"{deed.id[:20]}-{link.hash[:12]}")

    def _newest_day(self) -> str | None:
        (page,) = self._table.query(Query(keys.AUDIT_DAYS, limit=1, consistent=True, descending=True))
        return str(page.items[0]["sk"]) if page.items else None

    def _last(self, day: str) -> Item | None:
        (page,) = self._table.query(Query(keys.audit_day(day), limit=1, consistent=True, descending=True))
        return page.items[0] if page.items else None


def hash_of(deed: Deed, day: str, number: int, previous: str) -> str:
    """SHA-256 over all that a record says and the hash before it, in hexadecimal."""
    said = msgspec.json.encode({**asdict(deed), "day": day, "number": number, "previous": previous}, order="sorted")
    return hashlib.sha256(said).hexdigest()


@dataclass(frozen=True)
class Break:
    """Where the chain does not hold, and how that is seen."""

    day: str
    number: int
    why: str


def verify(records: Records) -> Iterator[Link | Break]:
    """Goes through the whole chain: each record that holds as its link, each that does not as a break.

    Behind a break it goes on from what is there, so that each one is found.
    """
    previous = BEGINNING
    for day in records.days():
        expected = 1
        for row in records.of_day(day):
            number, told = int(row["number"]), str(row["hash"])
            yield _judge(row, day, expected, previous) or Link(day, number, previous, told)
            previous, expected = told, number + 1
        if expected == 1:
            yield Break(day, 1, "the day has no record any more")


def _judge(row: Item, day: str, expected: int, previous: str) -> Break | None:
    number = int(row["number"])
    deed = Deed(**{name: row[name] for name in Deed.__dataclass_fields__})
    if (row["pk"], row["sk"]) != keys.audit(day, number) or row["day"] != day:
        return Break(day, number, "it stands in another one's place")
    if number != expected:
        return Break(day, number, f"number {expected} is missing before it")
    if hash_of(deed, day, number, str(row["previous"])) != row["hash"]:
        return Break(day, number, "what it says was changed")
    if row["previous"] != previous:
        return Break(day, number, "what came before it was changed or removed")
    return None
