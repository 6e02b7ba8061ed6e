"""The newest entries of rooms, kept for as long as the room's counter says that nothing has become of them.

Whoever reads a log reads its counter first, consistently, and so knows the newest number and the newest change. What
was kept at the same two is what the log says now; of other ones it is stale, and read again. That takes an excerpt that
was final when it was read:

* Every number in it is there. So no message can still come between.
* Replies in it are as many as the messages that they answer have counted: the partitions of a room are read at the
  same time and not at one moment, and a reply counts on another item than its own.
* No change was under way before it was read: there was none, or the last one was given more than `settle_ms` ago, or
  the rows of the last ones are all there. Looking at those costs a call, which only who reads for all makes.
"""

from __future__ import annotations

from collections import Counter as Multiset
from dataclasses import dataclass
from typing import Any

import msgspec

from chat.caching.kinds import Kind
from chat.caching.memory import Entry
from chat.caching.tiers import Kept, Tiers, Wanted
from chat.ports import Item, Query, Table
from chat.storage import keys
from chat.storage.counters import Counter

MOST = 100
"""Newest entries that may be kept of a room: as many as a subscription replays, or a page of history has."""

MAX_BYTES = 64 * 1024
"""What is kept of one room, as bytes: more would not travel within the time limit of a round trip."""

CHANGES_SEEN = 2 * keys.CHANGES_PER_BUCKET
"""Newest changes that are looked at. A room with more of them in `settle_ms` is not kept meanwhile."""

RECENT = Kind("recent", list[dict[str, Any]], life_ms=600_000, capacity=100)
"""Entries up to the newest, in their order. Their life ends so that no text that was erased stays anywhere for long."""

_encoder = msgspec.msgpack.Encoder()


@dataclass(frozen=True)
class Look:
    """What was kept of a span, None for nothing; `mine`: whether who looked is to keep what they read of it."""

    entries: list[Item] | None = None
    mine: bool = False


class RecentMessages:
    """Of all rooms in one table. `settle_ms` is `chat.storage.messages.SETTLE_MS`."""

    def __init__(self, table: Table, tiers: Tiers, *, settle_ms: int) -> None:
        self._table = table
        self._tiers = tiers
        self._settle_ms = settle_ms

    def look(self, room: str, counter: Counter, first: int, last: int) -> Look:
        """The entries `first` to `last` as they stand. No call to the table.

        Where somebody else is reading them for all, it waits for that once, some milliseconds.
        """
        if first > last or first <= counter.seq - MOST:
            return Look()

        def accepts(entry: Entry, _earlier: object) -> bool:
            return entry.version == counter.version and bool(entry.value) and entry.value[0]["sk"] <= first

        wanted = Wanted(RECENT.of(room), accepts)
        (entry,) = self._tiers.find(wanted)
        if entry is None and last < counter.seq:
            return Look()  # what is read does not reach the newest
        if entry is None:
            if self._tiers.claim(wanted.name, counter.version):
                return Look(mine=True)
            entry = self._tiers.await_other(wanted)
        return Look([dict(each) for each in entry.value if first <= each["sk"] <= last]) if entry else Look()

    def settled(self, room: str, counter: Counter, now_ms: int) -> bool:
        """Whether no change is under way whose number was given already. Asked before what is to be kept is read.

        No call where the last one is older than `SETTLE_MS`; else, and only with a tier for all, a Query of up to three
        partitions.
        """
        if not counter.rev or now_ms - counter.changed_at_ms > self._settle_ms:
            return True
        if not self._tiers.shares:
            return False
        first = max(1, counter.rev - CHANGES_SEEN + 1)
        buckets = range(first // keys.CHANGES_PER_BUCKET, counter.rev // keys.CHANGES_PER_BUCKET + 1)
        pages = self._table.query(
            *(Query(keys.change_bucket(room, bucket), first, counter.rev, consistent=True) for bucket in buckets)
        )
        rows = [row for page in pages for row in page.items]
        if len(rows) != counter.rev - first + 1:
            return False
        # Revs before the first of them were given before it was.
        return first == 1 or now_ms - int(rows[0]["changed_at_ms"]) > self._settle_ms

    def keep(self, room: str, counter: Counter, entries: list[Item], at_ms: int) -> None:
        """Keeps what was read from a number up to the counter's newest, if it is final."""
        numbers = [int(entry["sk"]) for entry in entries]
        if not numbers or numbers != list(range(numbers[0], counter.seq + 1)) or not _counted(entries):
            return
        if len(_encoder.encode(entries)) <= MAX_BYTES:
            own = [dict(entry) for entry in entries]
            self._tiers.keep(Kept(RECENT.of(room), own, at_ms, counter.version))


def _counted(entries: list[Item]) -> bool:
    """Whether each message has counted just the replies that are among the entries."""
    replies = Multiset(int(entry["thread"]) for entry in entries if entry.get("thread"))
    return all(entry.get("replies", 0) == replies[int(entry["sk"])] for entry in entries)
