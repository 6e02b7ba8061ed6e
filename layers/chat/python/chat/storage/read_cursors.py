"""How far each member has read: in the member's own list of rooms, and on the room's side, where it can be counted.

The room's side is rows of about 100 bytes in 8 partitions by hash of the user, so that 8,000 members a second can move
theirs, and so that a count reads 80 members with one read unit. A move is two writes, one after the other: the room's
side first, so that whoever is cut off in between and asks again completes both.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from chat.errors import InvalidFieldError
from chat.ports import Below, Clock, ConditionError, Item, Page, PresentBelow, Principal, Query, Table
from chat.storage import keys
from chat.storage.claims import NoticeClaims
from chat.storage.summaries import KEPT_ABOVE, Summaries

EXAMINED = 200
"""Cursors looked at in one partition for one page of readers: about 2 read units."""

EXACT_STEPS = 100
"""Numbers, counted down from the newest that somebody has read, whose counts are kept exactly in a large room."""

STEPS = 200
"""Below those, counts are kept in steps of a 200th of the room: an answer is low by less than half a percent."""


@dataclass(frozen=True)
class Cursor:
    """Up to where somebody has read, and when they last moved on: the server's clock, ms since 1970."""

    user: str
    name: str
    seq: int
    read_at_ms: int


@dataclass(frozen=True)
class Count:
    """How many have read at least a number, as of then."""

    readers: int
    as_of_ms: int


class ReadCursors:
    """The cursors of all rooms in one table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._summaries = Summaries(table, clock)
        self._claims = NoticeClaims(table, clock, keys.read_notice)

    def move(self, room: str, reader: Principal, seq: int) -> bool:
        """Moves the member's cursor forward; False where it stood there or further, or they are no member.

        Two write units, in two calls.
        """
        side = keys.read_cursor(room, reader.user)
        cursor = {"user": reader.user, "name": reader.name, "seq": seq, "read_at_ms": self._clock.now_ms()}
        with suppress(ConditionError):  # it stands there already; the other side may not, after a run that died
            self._table.put({"pk": side[0], "sk": side[1], **cursor}, Below("seq", seq))
        try:
            self._table.update(
                keys.user_room(reader.user, room), assign={"read_seq": seq}, condition=PresentBelow("read_seq", seq)
            )
        except ConditionError as refused:
            if refused.item is None:
                self._table.delete(side)  # put out of the room at this moment: no cursor of theirs stays behind
            return False
        return True

    def count(self, room: str, seq: int) -> Count:
        """How many members have read at least up to `seq`.

        Up to 1,000 cursors in the room: exact, 8 Queries at once, one read unit for 80 of them and at least 4. Above:
        as old as the room is large (1 ms a cursor), low by less than 0.5 % of it, one or two read units; somebody
        counts anew when it is older.
        """
        summary = self._summaries.recall(keys.read_summary(room), lambda: self._steps(room))
        readers = 0
        for step_seq, at_least in summary.value:
            if step_seq < seq:
                break
            readers = at_least
        return Count(readers, summary.as_of_ms)

    def page(self, room: str, seq: int, after: str | None, limit: int) -> tuple[list[Cursor], str | None]:
        """Who has read at least up to `seq`, and where to go on; None at the end. A page may be short, even empty.

        One Query, or two one after the other in a small room. Raises `InvalidFieldError` for an `after` of no page.
        """
        first, user = _parse(after)
        start = (keys.read_cursors(room, first), user) if user else None
        pages = self._table.query(Query(keys.read_cursors(room, first), limit=EXAMINED, start=start))
        if pages[0].end is None and first + 1 < keys.READ_SHARDS:
            rest = range(first + 1, keys.READ_SHARDS)
            pages += self._table.query(*(Query(keys.read_cursors(room, shard), limit=EXAMINED) for shard in rest))
        return _gather(pages, first, seq, limit)

    def all_of(self, room: str, most: int) -> list[Cursor] | None:
        """Every cursor in the room by user id, None where there are more than `most`. 8 consistent Queries at once."""
        shards = range(keys.READ_SHARDS)
        queries = (Query(keys.read_cursors(room, shard), limit=most + 1, consistent=True) for shard in shards)
        items = [item for page in self._table.query(*queries) for item in page.items]
        return sorted(map(_cursor, items), key=lambda cursor: cursor.user) if len(items) <= most else None

    def claim_notice(self, room: str, hold_ms: int) -> int:
        """Claims telling the room of cursors that moved, as `NoticeClaims.take`."""
        return self._claims.take(room, hold_ms)

    def hold_notice(self, room: str, hold_ms: int) -> None:
        """Nobody may claim for so long, as `NoticeClaims.hold`."""
        self._claims.hold(room, hold_ms)

    def _steps(self, room: str) -> tuple[list[list[int]], int]:
        """Numbers that somebody's cursor stands at, newest first, each with how many have read at least that far."""
        members = self._at_each_number(room)
        rows = sum(members.values())
        steps: list[list[int]] = []
        readers = 0
        for at, seq in enumerate(sorted(members, reverse=True)):
            readers += members[seq]
            rough = rows > KEPT_ABOVE and at >= EXACT_STEPS
            if not rough or (readers - steps[-1][1]) * STEPS >= rows:
                steps.append([seq, readers])
        return steps, rows

    def _at_each_number(self, room: str) -> Counter[int]:
        members: Counter[int] = Counter()
        queries = [Query(keys.read_cursors(room, shard)) for shard in range(keys.READ_SHARDS)]
        while queries:
            pages = self._table.query(*queries)
            members.update(int(item["seq"]) for page in pages for item in page.items)
            queries = [Query(query.pk, start=page.end) for query, page in zip(queries, pages, strict=True) if page.end]
        return members


def _gather(pages: list[Page], first: int, seq: int, limit: int) -> tuple[list[Cursor], str | None]:
    """The readers among what was looked at, in order, and behind whom to go on."""
    found: list[Cursor] = []
    last = None
    for shard, page in enumerate(pages, first):
        for item in page.items:
            if item["seq"] < seq:
                continue
            if len(found) == limit:
                return found, last
            found.append(_cursor(item))
            last = f"{shard}:{item['sk']}"
        if page.end:
            return found, f"{shard}:{page.end[1]}"
    return found, None


def _parse(after: str | None) -> tuple[int, str]:
    """Partition and user id behind which a page begins."""
    if after is None:
        return 0, ""
    shard, _, user = after.partition(":")
    if not (user and shard.isascii() and shard.isdigit() and int(shard) < keys.READ_SHARDS):
        raise InvalidFieldError("`after` is what the page before gave.")
    return int(shard), user


def _cursor(item: Item) -> Cursor:
    return Cursor(item["user"], item["name"], int(item["seq"]), item["read_at_ms"])
