"""Read cursors of people who are no members any more: each is counted whenever somebody asks who has read a message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from chat.ports import ConditionError, Equal, Item, Table
from chat.storage import keys
from chat.storage.memberships import BANNED
from chat.storage.rooms import get_batches
from operations import rows


class CompactCursors:
    """Of the table of rooms. A cursor goes with its membership in one transaction; a move may come in between."""

    name = "compact-cursors"
    table = "rooms"

    def __init__(self, table: Table) -> None:
        self._table = table

    def work(self, page: Sequence[Item]) -> Counter[str]:
        """A read unit for each cursor, and a write unit for each that goes."""
        cursors = [(row, reader) for row in page if (reader := rows.reader((row["pk"], row["sk"])))]
        found = get_batches(self._table, [keys.member(*reader) for _, reader in cursors], consistent=True)
        inside = {(row["pk"], row["sk"]) for row in found if row["role"] != BANNED}
        left = [row for row, reader in cursors if keys.member(*reader) not in inside]
        return Counter(cursors=sum(map(self._remove, left)))

    def _remove(self, cursor: Item) -> bool:
        """False where it has moved: then they came back, and read on."""
        try:
            return self._table.delete((cursor["pk"], cursor["sk"]), Equal("seq", cursor["seq"])) is not None
        except ConditionError:
            return False
