"""Subscriptions that stand in a shard which is not theirs any more, found and moved a few at a time.

A move leaves the row where it was for `OVERLAP_MS`, so that whoever has read the new shard already finds it in the old
one: meanwhile the socket gets frames twice, and drops them by number. The socket's own row knows both places.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from chat.ports import Assign, ConditionError, Equal, Item, Put, Query, Table, TransactionError
from chat.storage import keys
from chat.storage.shapes import Shape, home

OVERLAP_MS = 60_000
"""Twice the longest run of a function that reads shards."""

MOST = 50
"""Rows moved, and rows removed, in one go: a transaction of 6 write units each, one of 1."""

AT_ONCE = 32
"""Shards that are read at the same time."""

_MARK = "moved_at_ms"


@dataclass
class Census:
    """What stands in a room's shards."""

    online: int = 0
    above: int = 0
    """Rows in shards that nothing is written to any more."""
    misplaced: list[Item] = field(default_factory=list)
    moved: list[Item] = field(default_factory=list)
    """Up to `MOST` each: rows to be moved, and what moves have left behind."""

    @property
    def settled(self) -> bool:
        """Whether each subscription stands in its shard and nowhere else."""
        return not (self.misplaced or self.moved)


class Moves:
    """The subscriptions of all rooms, as rows."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def count(self, room: str, shape: Shape) -> Census:
        """Reads all of a room's subscriptions: a consistent read of about 150 bytes each, 40 read units a thousand."""
        census = Census()
        for shard, row in self._rows(room, shape.readable):
            census.above += shard >= shape.shards
            if _MARK in row:
                census.moved += [row] if len(census.moved) < MOST else []
                continue
            census.online += 1
            if home(row["connection"], shape.shards) != shard and len(census.misplaced) < MOST:
                census.misplaced.append(row)
        return census

    def carry_out(self, census: Census, shape: Shape, now_ms: int) -> None:
        """Moves rows to where the shape has them, and removes what moves have left behind long enough."""
        for row in census.moved:
            if now_ms - row[_MARK] > OVERLAP_MS:
                with suppress(ConditionError):  # somebody has come back to this shard
                    self._table.delete((row["pk"], row["sk"]), Equal(_MARK, row[_MARK]))
        for row in census.misplaced:
            self._move(row, home(row["connection"], shape.shards), now_ms)

    def _move(self, row: Item, shard: int, now_ms: int) -> None:
        connection, room = row["connection"], row["room"]
        pk, sk = keys.subscription(room, shard, connection)
        side = keys.connection_room(connection, room)
        with suppress(TransactionError):  # the socket has left meanwhile, or has moved itself
            self._table.transact(
                [
                    Assign(side, {"shard": shard, "moved_from": row["shard"]}, Equal("shard", row["shard"])),
                    Put({**row, "pk": pk, "sk": sk, "shard": shard}),
                    Assign((row["pk"], row["sk"]), {_MARK: now_ms}, Equal("shard", row["shard"])),
                ]
            )

    def _rows(self, room: str, shards: int) -> Iterator[tuple[int, Item]]:
        for first in range(0, shards, AT_ONCE):
            asked = [
                (at, Query(keys.subscription_shard(room, at), consistent=True))
                for at in range(first, min(first + AT_ONCE, shards))
            ]
            while asked:
                pages = self._table.query(*(query for _, query in asked))
                for (at, _), page in zip(asked, pages, strict=True):
                    yield from ((at, item) for item in page.items if item["sk"] != keys.SHAPE)
                asked = [
                    (at, Query(query.pk, start=page.end, consistent=True))
                    for (at, query), page in zip(asked, pages, strict=True)
                    if page.end
                ]
