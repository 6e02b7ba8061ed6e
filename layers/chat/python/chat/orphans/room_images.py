"""Which images the messages of a room show, by reading all of them: the truth, whatever rows beside them say.

A number may have been given and its message not be stored yet: whoever acts on an image's absence looks twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from chat.numbering import floor
from chat.ports import Item, Page, Query, Table
from chat.storage import keys
from chat.storage.counters import LAST, LOOKED_BEHIND
from chat.storage.keys import MESSAGES_PER_BUCKET

AT_ONCE = 16
"""Partitions read at the same time."""


@dataclass
class RoomImages:
    """One room, read by `look` as often as need be: all of it first, then what may have come since.

    `calls` counts what it has cost.
    """

    table: Table
    room: str
    shown: set[str] = field(default_factory=set)
    """Ids of images that messages show."""
    calls: int = 0
    _whole: set[int] = field(default_factory=set)
    """Partitions in which every number is taken: nothing comes into them any more."""

    def look(self) -> None:
        """A Query for each partition of 64 numbers that was not whole when it was read before."""
        buckets = [bucket for bucket in self._buckets() if bucket not in self._whole]
        for at in range(0, len(buckets), AT_ONCE):
            self._read(buckets[at : at + AT_ONCE])

    def _buckets(self) -> list[int]:
        """All that the room's numbers may be in, of every epoch that any Region has numbered in."""
        self.calls += 1
        (page,) = self.table.query(Query(keys.counter(self.room)[0], consistent=True))
        found: set[int] = set()
        for row in page.items:
            epoch, end = _end(row)
            found.update(range((floor(epoch) + 1) // MESSAGES_PER_BUCKET, end // MESSAGES_PER_BUCKET + 1))
        return sorted(found)

    def _read(self, buckets: list[int]) -> None:
        taken: Counter[int] = Counter()
        for item in self._items([Query(keys.message_bucket(self.room, bucket), consistent=True) for bucket in buckets]):
            taken[int(item["sk"]) // MESSAGES_PER_BUCKET] += 1
            if item.get("media"):
                self.shown.add(str(item["media"]["id"]))
        self._whole.update(bucket for bucket, count in taken.items() if count == MESSAGES_PER_BUCKET)

    def _items(self, queries: list[Query]) -> Iterable[Item]:
        while queries:
            self.calls += len(queries)
            pages = self.table.query(*queries)
            for page in pages:
                yield from page.items
            queries = [_rest(query, page) for query, page in zip(queries, pages, strict=True) if page.end]


def _rest(query: Query, page: Page) -> Query:
    return Query(query.pk, consistent=True, start=page.end)


def _end(row: Item) -> tuple[int, int]:
    """The epoch that a row of a room's counters is of, and the last number that may be stored in it.

    The row of an epoch that is over stands below all counters (`keys.closing`), and says what was seen of it. What
    another Region has numbered unheard of lies no further behind than readers look for it, too.
    """
    place = int(row["sk"])
    epoch = place if place >= 0 else -place - 1
    return epoch, max(floor(epoch) + int(row.get("seq", 0)), int(row.get(LAST, 0))) + LOOKED_BEHIND
