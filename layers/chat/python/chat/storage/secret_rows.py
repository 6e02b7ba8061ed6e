"""Keys for HMACs that every function of the stage shares: a row each, made by whoever needs it first."""

from __future__ import annotations

from chat.ports import Absent, ConditionError, Ids, Key, Table


def read_or_make(table: Table, key: Key, ids: Ids) -> bytes:
    """The key that stands there: a consistent read, and a write the first time. Raises `UnavailableError`."""
    item = table.get(key, consistent=True)
    if item is None:
        item = {"pk": key[0], "sk": key[1], "key": ids.new() + ids.new()}
        try:
            table.put(item, Absent())
        except ConditionError as made:
            item = made.item or item
    return str(item["key"]).encode()
