"""Devices that their users want to be told on, which rooms they want to hear of, and when they were told last."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Literal

from chat.ports import Below, ConditionError, Equal, Item, Present, Put, Query, Table
from chat.storage import keys
from chat.storage.rooms import get_batches

Level = Literal["all", "mentions", "none"]
"""What a member is told of a room when they are away."""

OUTSIDE = "banned"
TURN_KEPT_S = 3_600


@dataclass(frozen=True, kw_only=True)
class Device:
    """A browser (`web`) or an application on a telephone (`apns`, `fcm`) of one user."""

    id: str
    user: str
    kind: str
    endpoint: str
    """The push service's URL, or SNS' name of the telephone."""
    p256dh: str = ""
    auth: str = ""
    """The browser's key and secret, in base64 for URLs."""
    made_at_ms: int = 0


@dataclass(frozen=True)
class Reader:
    """A member as far as it matters for telling them. `level` is None where they have not said."""

    user: str
    role: str
    level: Level | None


@dataclass(frozen=True)
class Listed:
    """A room in its member's list."""

    user: str
    title: str
    read_seq: int


class PushBook:
    """All devices, levels and turns of a stage in one table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, device: Device) -> None:
        """Stores a device, and takes it from whoever used it before. One read, two writes in one transaction."""
        owner = keys.push_owner(device.id)
        before = self._table.get(owner, consistent=True)
        pk, sk = keys.push_device(device.user, device.id)
        owned = {"pk": owner[0], "sk": owner[1], "user": device.user}
        self._table.transact([Put({"pk": pk, "sk": sk, **asdict(device)}), Put(owned)])
        if before and before["user"] != device.user:
            self._table.delete(keys.push_device(before["user"], device.id))

    def remove(self, user: str, device_id: str) -> Device | None:
        """Forgets the user's device; the device, None where they had none such. Two write units."""
        item = self._table.delete(keys.push_device(user, device_id))
        with suppress(ConditionError):  # another user has it by now
            self._table.delete(keys.push_owner(device_id), Equal("user", user))
        return _device(item) if item else None

    def of(self, users: Sequence[str]) -> list[Device]:
        """The devices of all these users. A Query each, all at once: half a read unit or one."""
        if not users:
            return []
        queries = [Query(*keys.push_devices(user)) for user in users]
        return [_device(item) for page in self._table.query(*queries) for item in page.items]

    def forget_turns(self, user: str) -> None:
        """Forgets when the user was told of what."""
        (page,) = self._table.query(Query(*keys.push_turns(user)))
        self._table.delete_many([(item["pk"], item["sk"]) for item in page.items])

    def set_level(self, room: str, user: str, level: Level) -> bool:
        """What the member wants to be told of the room; False where they are no member. One write unit.

        It stands in the membership, so it ends with it.
        """
        try:
            self._table.update(keys.member(room, user), assign={"alerts": level}, condition=Present())
        except ConditionError:
            return False
        return True

    def reader(self, room: str, user: str) -> Reader | None:
        """The user as a member; None for who is none. Half a read unit."""
        item = self._table.get(keys.member(room, user))
        return next(iter(_readers([] if item is None else [item])), None)

    def readers(self, room: str, most: int) -> list[Reader] | None:
        """All members, None where there are more than `most`. One Query."""
        pk, first = keys.member(room, "")
        (page,) = self._table.query(Query(pk, first, keys.MEMBERS_END, limit=most + 1))
        return _readers(page.items) if len(page.items) <= most else None

    def readers_among(self, room: str, users: Sequence[str]) -> list[Reader]:
        """Those of the users who are members. Half a read unit each."""
        return _readers(get_batches(self._table, [keys.member(room, user) for user in users]))

    def listed(self, room: str, users: Sequence[str]) -> dict[str, Listed]:
        """The room in the lists of these users. Half a read unit each."""
        found = get_batches(self._table, [keys.user_room(user, room) for user in users])
        return {user: each for item in found for user in [_user_of(item)] for each in [_listed(user, item)]}

    def take_turn(self, user: str, room: str, now_ms: int, apart_ms: int) -> int:
        """Whether the user may be told of the room now: 0, and nobody else for `apart_ms`.

        Else the ms until they may, for whoever is to come back then; -1 where somebody is already. One or two write
        units.
        """
        key = keys.push_turn(user, room)
        kept = {"told_at_ms": now_ms, "expires_at_s": now_ms // 1_000 + TURN_KEPT_S}
        try:
            self._table.update(key, assign=kept, condition=Below("told_at_ms", now_ms - apart_ms + 1))
        except ConditionError as refused:
            until_ms = int((refused.item or {}).get("told_at_ms", now_ms)) + apart_ms
        else:
            return 0
        try:
            self._table.update(
                key, assign={"waiting_until_ms": until_ms}, condition=Below("waiting_until_ms", now_ms + 1)
            )
        except ConditionError:
            return -1
        return until_ms - now_ms


def _device(item: Item) -> Device:
    return Device(**{name: item[name] for name in Device.__dataclass_fields__})


def _readers(items: Sequence[Item]) -> list[Reader]:
    return [Reader(item["user"], item["role"], item.get("alerts")) for item in items if item["role"] != OUTSIDE]


def _user_of(item: Item) -> str:
    return str(item["pk"]).partition("#")[2]


def _listed(user: str, item: Item) -> Listed:
    return Listed(user, item.get("other") or item["title"], int(item.get("read_seq", 0)))
