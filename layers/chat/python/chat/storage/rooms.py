"""Rooms, who is in them, and the lists that show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chat.ports import Absent, Below, ConditionError, Delete, Item, Key, Put, Query, Table, TransactionError, Write
from chat.storage import keys

BATCH_GET = 100
"""Keys that one BatchGetItem takes (DynamoDB quota)."""

LISTED_PER_SHARD = 100
"""Public rooms shown of each of the 8 shards."""


@dataclass(frozen=True)
class RoomRecord:
    """A room as it is stored."""

    room: str
    title: str
    kind: str
    made_by: str
    made_with: str
    """The maker's command id: the same command again is the same room."""


class RoomDirectory:
    """All rooms in one table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, room: str) -> RoomRecord | None:
        """The room, None where there is none. Half a read unit; a miss costs one and a half."""
        item = self._present(keys.about(room))
        return _record(item) if item else None

    def is_member(self, room: str, user: str) -> bool:
        """Whether the user is in the room. Half a read unit; a miss costs one and a half.

        Somebody who left may be seen for the second that an eventually consistent read lags; somebody who joined is
        seen at once.
        """
        return self._present(keys.member(room, user)) is not None

    def make(self, record: RoomRecord, members: list[str]) -> RoomRecord:
        """Stores a new room with its members, or returns the one that stands under its id already."""
        pk, sk = keys.about(record.room)
        about: Item = {"pk": pk, "sk": sk, **_attributes(record)}
        writes: list[Write] = [Put(about, Absent())]
        if record.kind == "public":
            writes.append(Put(_listing(keys.public_room(record.room), record)))
        first, later = members[:_FIRST], members[_FIRST:]
        for user in first:
            writes += _membership(record, user)
        try:
            self._table.transact(writes)
        except TransactionError as refused:
            item = refused.conflicts.get(0)
            if item is None:
                raise
            record = _record(item)
            if (record.made_by, record.made_with) != (about["made_by"], about["made_with"]):
                return record
        for user in later:
            self.admit(record, user)
        return record

    def admit(self, record: RoomRecord, user: str) -> None:
        """Makes the user a member; twice is once."""
        self._table.transact(_membership(record, user))

    def dismiss(self, room: str, user: str) -> None:
        """Ends the membership; ending none is not an error."""
        self._table.transact([Delete(keys.member(room, user)), Delete(keys.user_room(user, room))])

    def list_for(self, user: str) -> list[tuple[RoomRecord, bool]]:
        """The user's rooms (True) and the public ones that they are not in (False), in no order.

        Nine partitions at the same time, then as many pages as the user has rooms for (1 MB each).
        """
        own = Query(keys.user_rooms(user))
        shards = [Query(keys.public_shard(shard), limit=LISTED_PER_SHARD) for shard in range(keys.PUBLIC_SHARDS)]
        mine, *public = self._table.query(own, *shards)
        items = list(mine.items)
        while mine.end:
            (mine,) = self._table.query(Query(own.pk, start=mine.end))
            items += mine.items
        listed = {item["room"]: (_record(item), False) for page in public for item in page.items}
        listed.update({item["room"]: (_record(item), True) for item in items})
        return list(listed.values())

    def previews(self, rooms: list[str]) -> dict[str, Item]:
        """Newest messages by room, where there is one."""
        found: dict[str, Item] = {}
        for at in range(0, len(rooms), BATCH_GET):
            batch = self._table.get_many([keys.latest(room) for room in rooms[at : at + BATCH_GET]])
            found.update({item["room"]: item for item in batch})
        return found

    def show_latest(self, room: str, preview: dict[str, Any]) -> None:
        """Replaces the room's preview unless a newer one stands there. One write unit."""
        pk, sk = keys.latest(room)
        try:
            self._table.put({"pk": pk, "sk": sk, "room": room, **preview}, Below("seq", preview["seq"]))
        except ConditionError:
            return  # a newer message was first

    def _present(self, key: Key) -> Item | None:
        """A cheap read, and a consistent one before believing that there is nothing."""
        return self._table.get(key) or self._table.get(key, consistent=True)


_FIRST = 40
"""Members stored with the room: 2 items each, within a transaction's 100."""


def _attributes(record: RoomRecord) -> Item:
    return {
        "room": record.room,
        "title": record.title,
        "kind": record.kind,
        "made_by": record.made_by,
        "made_with": record.made_with,
    }


def _record(item: Item) -> RoomRecord:
    return RoomRecord(**{name: item[name] for name in ("room", "title", "kind", "made_by", "made_with")})


def _listing(key: Key, record: RoomRecord) -> Item:
    return {"pk": key[0], "sk": key[1], **_attributes(record)}


def _membership(record: RoomRecord, user: str) -> list[Write]:
    pk, sk = keys.member(record.room, user)
    return [
        Put({"pk": pk, "sk": sk, "room": record.room, "user": user}),
        Put(_listing(keys.user_room(user, record.room), record)),
    ]
