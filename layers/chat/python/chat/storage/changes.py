"""Changes to stored messages: numbered 1, 2, 3 … in their room like messages are, so that whoever was away can tell.

A change takes the next number (rev) from the room's counter and then, in one transaction, alters the message, stores
the row that says so, and whatever else stands or falls with it. A message's own `rev` only grows: a change goes by the
message as it was read, and where another came between, it goes by what that one has left. So changes of one message
happen one after the other, in the order of their revs.

A rev that was taken and not used becomes a `void` row: at once where its taker lives, else by the first reader that
finds it missing `SETTLE_MS` after it was given. Rows stay: they are the record of who changed what and when.

Cost of a change: a consistent read, then 1 write unit, then a transaction of two items or more, 4 write units for a
message up to 1 KB.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chat import correlation
from chat.errors import MessageNotFoundError, UnavailableError
from chat.ports import (
    Absent,
    Assign,
    Below,
    ConditionError,
    Item,
    Present,
    Put,
    Query,
    Table,
    TransactionError,
    Write,
)
from chat.storage import keys
from chat.storage.counters import Counter, Counters
from chat.storage.homes import Homes
from chat.storage.messages import SETTLE_MS, VOID
from chat.storage.rooms import get_batches

ATTEMPTS = 8
"""Other changes of the same message that may come between before it is said to be busy."""

REPLAYED = 100
"""Changes that a reader is told of at once; of more it is told that there are more."""

TAIL = 64
"""Newest changes looked at to tell which are still under way, where none are replayed: three read units at most."""

_MESSAGE, _ROW = 0, 1
"""Places in the transaction; behind them what stands beside."""


@dataclass(frozen=True)
class Alteration:
    """What a change does to its message: attributes that it sets, and the writes that stand or fall with it.

    `detail` is told with the change to whoever hears of it later. `user` is None where nobody shall be named.
    """

    what: str
    user: str | None
    name: str | None
    attributes: Mapping[str, Any]
    beside: Sequence[Write] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)


Plan = Callable[[Item], Alteration | None]
"""What to do to a message as it stands, None for nothing. Asked again where another change came between."""


@dataclass(frozen=True)
class Altered:
    """A message as it stands; `done` is False where nothing was left to do. `newest_seq` is the room's, if `done`."""

    entry: Item
    done: bool
    newest_seq: int = 0

    @property
    def rev(self) -> int:
        """The number of the message's last change, 0 before the first."""
        return int(self.entry.get("rev", 0))


@dataclass(frozen=True)
class Missed:
    """Numbers of messages that were changed since, and the rev up to which that is everything.

    `complete` is False where there were more than are told.
    """

    seqs: list[int]
    last_rev: int
    complete: bool


@dataclass(frozen=True)
class Page:
    """A part of the log: which message each rev changed, `void` ones left out, and the rev up to which that is all."""

    seqs: dict[int, int]
    last_rev: int


class RefusedError(Exception):
    """A write beside the change was refused, so nothing was changed. `standing`: what stands there, by its place."""

    def __init__(self, standing: Mapping[int, Item | None]) -> None:
        super().__init__("refused")
        self.standing = dict(standing)


class ChangeLog:
    """The changes of all rooms, in the table of messages. `homes` None: a stage of one Region."""

    def __init__(self, table: Table, homes: Homes | None = None) -> None:
        self._table = table
        self._counters = Counters(table, homes)

    def alter(self, room: str, seq: int, plan: Plan, now_ms: int) -> Altered:
        """Changes one message as `plan` says.

        Raises `MessageNotFoundError`, what `plan` raises, `RefusedError` where a write beside it was refused, and
        `UnavailableError` where others kept coming between.
        """
        entry = self._table.get(keys.message(room, seq), consistent=True)
        if entry is None or entry["kind"] == VOID:
            raise MessageNotFoundError("There is no message of this number.")
        unused = newest_seq = 0
        try:
            for _ in range(ATTEMPTS):
                alteration = plan(entry)
                if alteration is None:
                    return Altered(entry, done=False)
                if unused <= entry.get("rev", 0):
                    self._void(room, unused, now_ms)
                    unused, newest_seq = self._counters.take_rev(room, now_ms)
                rev = unused
                try:
                    altered = self._store(entry, alteration, rev, now_ms)
                except TransactionError as refused:
                    entry = refused.conflicts.get(_MESSAGE) or entry
                    unused = 0 if _ROW in refused.conflicts else rev  # a reader has closed it already
                    _raise_for_beside(refused)
                    continue
                unused = 0
                return Altered(altered, done=True, newest_seq=newest_seq)
        finally:
            self._void(room, unused, now_ms)
        raise UnavailableError("This message is busy; try again.", retry_after_ms=200)

    def since(self, room: str, after_rev: int | None, now_ms: int) -> Missed:
        """What was changed behind `after_rev`; with None only up to where one is now.

        A consistent read of the counter and, in a room that has changes, of up to two partitions of the log.
        """
        counter = self._counters.read(room)
        newest = counter.rev
        start = newest if after_rev is None else min(after_rev, newest)
        complete = counter.revs.count(start + 1, newest) <= REPLAYED
        first = start + 1 if complete and after_rev is not None else counter.revs.back(newest, TAIL)
        rows, last_rev = self._settled(room, first, newest, counter, now_ms)
        if not complete or after_rev is None:
            return Missed([], last_rev, complete)
        return Missed(sorted({int(row["seq"]) for row in rows.values() if row["what"] != VOID}), last_rev, complete)

    def page(self, room: str, after_rev: int, now_ms: int, limit: int = REPLAYED) -> Page:
        """The next changes behind `after_rev`, up to `limit`, for who reads on from there. Calls as `since`."""
        counter = self._counters.read(room)
        last = counter.revs.forward(after_rev, limit)
        rows, last_rev = self._settled(room, after_rev + 1, last, counter, now_ms)
        told = [rev for rev in sorted(rows) if rev <= last_rev and rows[rev]["what"] != VOID]
        return Page({rev: int(rows[rev]["seq"]) for rev in told}, max(after_rev, last_rev))

    def read(self, room: str, seqs: Sequence[int]) -> list[Item]:
        """Up to 100 messages as they stand, by number. A read unit each, and one more for each 4 KB of text."""
        found = self._table.get_many([keys.message(room, seq) for seq in seqs], consistent=True)
        return sorted(found, key=lambda entry: int(entry["sk"]))

    def span(self, room: str, first: int, last: int, now_ms: int) -> dict[int, Item]:
        """Rows of up to `REPLAYED` changes by rev, as far as they are there. Calls as `since`."""
        return self._settled(room, first, last, self._counters.read(room), now_ms)[0]

    def some(self, room: str, revs: Sequence[int]) -> dict[int, Item]:
        """The rows of these revs, as far as they are there. A read unit each."""
        found = get_batches(self._table, [keys.change(room, rev) for rev in revs], consistent=True)
        return {int(row["sk"]): row for row in found}

    def pinned(self, room: str, limit: int, *, after: int = 0) -> list[int]:
        """Numbers of the first pinned messages of a room behind one. A consistent query."""
        (page,) = self._table.query(Query(keys.pins(room), first=after + 1, limit=limit, consistent=True))
        return [int(row["sk"]) for row in page.items]

    def find(self, room: str, rev: int) -> Item | None:
        """The row of one change, None where there is none. A consistent read."""
        return self._table.get(keys.change(room, rev), consistent=True)

    def forget_who(self, room: str, rev: int) -> None:
        """Takes from a change's row who made it. One write unit."""
        self._table.update(keys.change(room, rev), assign={"user": None, "name": None}, condition=Present())

    def _store(self, entry: Item, alteration: Alteration, rev: int, now_ms: int) -> Item:
        room, seq, known = entry["room"], int(entry["sk"]), entry.get("rev", 0)
        attributes = {**alteration.attributes, "rev": rev}
        altered = {**entry, **attributes}
        pk, sk = keys.change(room, rev)
        row: Item = {
            "pk": pk,
            "sk": sk,
            "room": room,
            "seq": seq,
            "what": alteration.what,
            "version": altered.get("version", 1),
            "user": alteration.user,
            "name": alteration.name,
            "changed_at_ms": now_ms,
            **alteration.detail,
            **correlation.attribute(),
        }
        unchanged = Below("rev", known + 1)
        writes = [Assign(keys.message(room, seq), attributes, unchanged), Put(row, Absent()), *alteration.beside]
        # The same rev is used again after another change, with other content: then `known` is another.
        token = uuid.uuid5(uuid.NAMESPACE_URL, f"{pk}/{rev}/{known}").hex
        self._table.transact(writes, token=token)
        return altered

    def _void(self, room: str, rev: int, at_ms: int) -> Item | None:
        """Closes a rev that nobody uses; the row that stands there now. Nothing for 0."""
        if not rev:
            return None
        pk, sk = keys.change(room, rev)
        row: Item = {"pk": pk, "sk": sk, "room": room, "what": VOID, "changed_at_ms": at_ms}
        try:
            self._table.put(row, Absent())
        except ConditionError as taken:
            return taken.item
        return row

    def _rows(self, room: str, runs: Sequence[range]) -> list[Item]:
        size = keys.CHANGES_PER_BUCKET
        pages = self._table.query(
            *(
                Query(keys.change_bucket(room, bucket), run[0], run[-1], consistent=True)
                for run in runs
                for bucket in range(run[0] // size, run[-1] // size + 1)
            )
        )
        return [row for page in pages for row in page.items]

    def _settled(self, room: str, first: int, last: int, counter: Counter, now_ms: int) -> tuple[dict[int, Item], int]:
        """The rows of a span of revs, none where first > last, and the rev up to which none is missing any more."""
        runs = counter.revs.given(first, last)
        rows = {int(row["sk"]): row for row in self._rows(room, runs)} if runs else {}
        unsettled = self._settle(room, runs, rows, counter, now_ms)
        return rows, last if unsettled is None else unsettled - 1

    def _settle(
        self, room: str, expected: Sequence[range], rows: dict[int, Item], counter: Counter, now_ms: int
    ) -> int | None:
        """Closes revs that nobody can still be using; the first that somebody may be, None where there is none.

        A rev is at most as old as the one after it, so going down from the newest, the last time seen bounds it. One of
        another Region that is not here counts as closed: should it come, it is told under a rev of this one.
        """
        newer_at_ms, unsettled = counter.changed_at_ms, None
        for rev in (rev for run in reversed(expected) for rev in reversed(run)):
            if rev in rows:
                newer_at_ms = rows[rev]["changed_at_ms"]
                continue
            if not counter.closes(rev):
                continue
            row = self._void(room, rev, newer_at_ms) if now_ms - newer_at_ms > SETTLE_MS else None
            if row:
                rows[rev] = row
            else:
                unsettled = rev
        return unsettled


def _raise_for_beside(refused: TransactionError) -> None:
    beside = {at - _ROW - 1: item for at, item in refused.conflicts.items() if at > _ROW}
    if beside:
        raise RefusedError(beside) from refused
