"""Rooms, the lists that show them, and what was said in them last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from chat.caching.kinds import Kind
from chat.caching.tiers import Kept, Tiers
from chat.ports import Absent, Below, ConditionError, Item, Key, Present, Put, Query, Table, TransactionError, Write
from chat.storage import keys
from chat.storage.paging import every_page

BATCH_GET = 100
"""Keys that one BatchGetItem takes (DynamoDB quota)."""

LISTED_PER_SHARD = 100
"""Public rooms shown of each of the 8 shards."""


ABSENT_MS = 1_000
"""How long it is believed that there is no room of an id: whoever asks again and again for none costs little."""


@dataclass(frozen=True)
class RoomRecord:
    """A room as it is stored."""

    room: str
    title: str
    kind: str
    made_with: str
    """What the maker and their command are hashed to: the same command again is the same room."""


ROOM = Kind("room", RoomRecord | None, life_ms=600_000, capacity=10_000)
"""A room as it is stored never changes; None for one that there is not."""


@dataclass(frozen=True)
class Listing:
    """A room in a user's list; role None where they are not in it."""

    record: RoomRecord
    role: str | None = None
    read_seq: int = 0
    other: str | None = None
    """The other user of a direct room."""


class RoomDirectory:
    """All rooms in one table."""

    def __init__(self, table: Table, tiers: Tiers) -> None:
        self._table = table
        self._tiers = tiers

    def find(self, room: str) -> RoomRecord | None:
        """The room, None where there is none; one that was made elsewhere may be there `ABSENT_MS` late.

        No call where it is known, else half a read unit; a miss costs one and a half.
        """
        known = self._tiers.find_one(ROOM.of(room))
        if known:
            record: RoomRecord | None = known.value
            return record
        at_ms = self._tiers.clock.now_ms()
        item = present(self._table, keys.about(room))
        return self._keep(room, record_of(item) if item else None, at_ms)

    def make(self, record: RoomRecord, beside: Sequence[Write] = ()) -> RoomRecord:
        """Stores a new room and what stands or falls with it, or returns the one that stands under its id already."""
        writes: list[Write] = [Put(_row(keys.about(record.room), record), Absent()), *beside]
        if record.kind == "public":
            writes.append(Put(_row(keys.public_room(record.room), record)))
        try:
            self._table.transact(writes)
        except TransactionError as refused:
            item = refused.conflicts.get(0)
            if item is None:
                raise
            record = record_of(item)
        self._keep(record.room, record, self._tiers.clock.now_ms())
        return record

    def list_for(self, user: str) -> list[Listing]:
        """The user's rooms and the public ones that they are not in, in no order.

        Nine partitions at the same time, then as many pages as the user has rooms for (1 MB each).
        """
        own = Query(keys.user_rooms(user))
        shards = [Query(keys.public_shard(shard), limit=LISTED_PER_SHARD) for shard in range(keys.PUBLIC_SHARDS)]
        mine, *public = self._table.query(own, *shards)
        items = list(mine.items)
        while mine.end:
            (mine,) = self._table.query(Query(own.pk, start=mine.end))
            items += mine.items
        listed = {item["room"]: Listing(record_of(item)) for page in public for item in page.items}
        listed.update({item["room"]: _listing(item) for item in items})
        return list(listed.values())

    def public_rooms(self) -> list[RoomRecord]:
        """Public rooms, in no order: up to `LISTED_PER_SHARD` of each of the 8 shards, read at the same time."""
        shards = [Query(keys.public_shard(shard), limit=LISTED_PER_SHARD) for shard in range(keys.PUBLIC_SHARDS)]
        return [record_of(item) for page in self._table.query(*shards) for item in page.items]

    def listing(self, room: str, user: str) -> Listing | None:
        """The room in the user's own list, None where it is not. A consistent read."""
        item = self._table.get(keys.user_room(user, room), consistent=True)
        return _listing(item) if item else None

    def previews(self, rooms: list[str]) -> dict[str, Item]:
        """Newest messages by room, where there is one."""
        return {item["room"]: item for item in get_batches(self._table, [keys.latest(room) for room in rooms])}

    def latest(self, room: str) -> Item | None:
        """As `previews`, of one room as it stands. A consistent read, one unit."""
        return self._table.get(keys.latest(room), consistent=True)

    def show_latest(self, room: str, preview: dict[str, Any]) -> None:
        """Replaces the room's preview unless a newer one stands there. One write unit."""
        pk, sk = keys.latest(room)
        try:
            self._table.put({"pk": pk, "sk": sk, "room": room, **preview}, Below("seq", preview["seq"]))
        except ConditionError:
            return  # a newer message was first

    def revise_latest(self, room: str, preview: dict[str, Any]) -> None:
        """As `show_latest`, and replaces one of the same message: for what a change has made of the newest."""
        pk, sk = keys.latest(room)
        try:
            self._table.put({"pk": pk, "sk": sk, "room": room, **preview}, Below("seq", preview["seq"] + 1))
        except ConditionError:
            return  # it is the newest no longer

    def own_listings(self, user: str) -> list[Listing]:
        """All of the user's rooms as they stand. A consistent read, a page for each 1 MB."""
        pages = every_page(self._table, Query(keys.user_rooms(user), consistent=True))
        return [_listing(item) for page in pages for item in page.items]

    def forget_other(self, room: str, user: str) -> None:
        """Takes the other user's name out of `user`'s list, where it stands for a direct room."""
        try:
            self._table.update(keys.user_room(user, room), assign={"other": ""}, condition=Present())
        except ConditionError:
            return  # they have left it

    def own_rooms(self, user: str, most: int) -> list[str]:
        """The first of the user's rooms by id. One Query."""
        (page,) = self._table.query(Query(keys.user_rooms(user), limit=most))
        return [item["room"] for item in page.items]

    def _keep(self, room: str, record: RoomRecord | None, at_ms: int) -> RoomRecord | None:
        self._tiers.keep(Kept(ROOM.of(room), record, at_ms, life_ms=None if record else ABSENT_MS))
        return record


def present(table: Table, key: Key) -> Item | None:
    """A cheap read, and a consistent one before believing that there is nothing."""
    return table.get(key) or table.get(key, consistent=True)


def get_batches(table: Table, wanted: list[Key], *, consistent: bool = False) -> list[Item]:
    """Those items that exist, of any number of keys."""
    found: list[Item] = []
    for at in range(0, len(wanted), BATCH_GET):
        found += table.get_many(wanted[at : at + BATCH_GET], consistent=consistent)
    return found


def record_of(item: Item) -> RoomRecord:
    """The room in any row that describes it."""
    return RoomRecord(**{name: item[name] for name in ("room", "title", "kind", "made_with")})


def _row(key: Key, record: RoomRecord) -> Item:
    return {"pk": key[0], "sk": key[1], **asdict(record)}


def _listing(item: Item) -> Listing:
    return Listing(record_of(item), item["role"], item.get("read_seq", 0), item.get("other"))
