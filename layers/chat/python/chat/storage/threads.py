"""Threads: which messages answer which, counted on the message that a thread is named by.

A reply is stored in one transaction with its row here and with the count, so the count is exact whoever repeats or
dies: see `chat.storage.messages`.
"""

from __future__ import annotations

from dataclasses import dataclass

from chat.ports import Assign, Below, Item, Put, Query, Table, Write
from chat.storage import keys


@dataclass(frozen=True)
class ThreadPage:
    """Replies of a thread, oldest first, and whether there are older and newer ones."""

    entries: list[Item]
    more: bool
    newer: bool


class Threads:
    """The threads of all rooms, in the table of messages."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(
        self, room: str, root: int, limit: int, *, before: int | None = None, after: int | None = None
    ) -> ThreadPage:
        """Up to `limit` (1 to 100) replies below `before` or above `after`, or the newest.

        Two calls: a page of the thread's rows, then the messages themselves, as they stand at that moment.
        """
        pk = keys.thread(room, root)
        if after is not None:
            query = Query(pk, first=after + 1, limit=limit + 1, consistent=True)
        else:
            last = before - 1 if before is not None else None
            query = Query(pk, last=last, limit=limit + 1, consistent=True, descending=True)
        (page,) = self._table.query(query)
        seqs = sorted(int(row["sk"]) for row in page.items[:limit])
        found = self._table.get_many([keys.message(room, seq) for seq in seqs], consistent=True)
        beyond = len(page.items) > limit
        return ThreadPage(
            entries=sorted(found, key=lambda entry: int(entry["sk"])),
            more=beyond if after is None else after > 0 and self._any(Query(pk, last=after, limit=1)),
            newer=beyond if after is not None else before is not None and self._any(Query(pk, first=before, limit=1)),
        )

    def _any(self, query: Query) -> bool:
        (page,) = self._table.query(query)
        return bool(page.items)


def count_reply(root: Item, seq: int) -> list[Write]:
    """What a reply adds beside itself: one to the count of `root` as it was read, and its row.

    The first write is refused where another reply came between, and then holds the root to go on from.
    """
    room, root_seq = root["room"], int(root["sk"])
    replies = root.get("replies", 0)
    pk, sk = keys.reply(room, root_seq, seq)
    counted = {"replies": replies + 1, "last_reply_seq": max(seq, root.get("last_reply_seq", 0))}
    return [Assign(keys.message(room, root_seq), counted, Below("replies", replies + 1)), Put({"pk": pk, "sk": sk})]
