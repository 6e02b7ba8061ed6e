"""Who reacted to which message with what: a row for each of the three together, beside the counts on the message.

A row changes in one transaction with the count, on the condition that it was not there, or was: so counts are exact
whoever repeats or dies.
"""

from __future__ import annotations

from collections.abc import Iterable

from chat.ports import Absent, Delete, Item, Present, Principal, Put, Query, Table
from chat.storage import keys
from chat.storage.paging import every_page
from chat.storage.rooms import get_batches


class Reactions:
    """The reactions of all rooms, in the table of messages."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def has(self, room: str, seq: int, emoji: str, user: str) -> bool:
        """Whether the user has reacted with it. A consistent read."""
        return self._table.get(keys.reaction(room, seq, emoji, user), consistent=True) is not None

    def page(
        self, room: str, seq: int, emoji: str | None, after: str | None, limit: int
    ) -> tuple[list[Item], str | None]:
        """Rows in the order of emoji and user by their hashes, behind `after`, and where to go on; None at the end."""
        pk = keys.reactions(room, seq)
        first, last = keys.reactions_with(emoji) if emoji is not None else (None, None)
        start = (pk, int(after)) if after is not None else None
        if first is not None and after is not None:
            first, start = max(first, int(after) + 1), None
        if first is not None and last is not None and first > last:
            return [], None
        (found,) = self._table.query(Query(pk, first, last, limit=limit, start=start))
        return found.items, str(found.end[1]) if found.end else None

    def of_user(self, user: str, entries: Iterable[Item]) -> dict[int, list[str]]:
        """By message number, the emoji that the user reacted with. Half a read unit for each emoji of each message."""
        asked = {
            keys.reaction(entry["room"], int(entry["sk"]), emoji, user): int(entry["sk"])
            for entry in entries
            for emoji in entry.get("reactions") or ()
        }
        mine: dict[int, list[str]] = {}
        for row in sorted(get_batches(self._table, list(asked)), key=lambda row: str(row["emoji"])):
            mine.setdefault(asked[row["pk"], row["sk"]], []).append(row["emoji"])
        return mine

    def clear(self, room: str, seq: int) -> None:
        """Removes all rows of a message: it is gone, and so are their counts. A write unit each."""
        for page in every_page(self._table, Query(keys.reactions(room, seq))):
            self._table.delete_many([(item["pk"], item["sk"]) for item in page.items])


def added(room: str, seq: int, emoji: str, principal: Principal, now_ms: int) -> Put:
    """Stores a reaction that is not there yet."""
    pk, sk = keys.reaction(room, seq, emoji, principal.user)
    row: Item = {"emoji": emoji, "user": principal.user, "name": principal.name, "reacted_at_ms": now_ms}
    return Put({"pk": pk, "sk": sk, **row}, Absent())


def removed(room: str, seq: int, emoji: str, principal: Principal) -> Delete:
    """Removes a reaction that is there."""
    return Delete(keys.reaction(room, seq, emoji, principal.user), Present())
