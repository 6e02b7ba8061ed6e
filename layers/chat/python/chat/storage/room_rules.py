"""What a room's moderators have set for it, and the version of its members' rights, in one row that posting goes by."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from chat.caching.kinds import Kind
from chat.caching.tiers import Kept, Tiers
from chat.ports import Assign, Item, Table
from chat.storage import keys

REMEMBERED_MS = 5_000
"""How long an instance goes by what it has seen: a change that the tier was told of is in force after that."""

SHARED_MS = 10_000
"""How long rules may be believed at most, from when they were read: where a change could not be told to the tier, or
somebody put there what they had read just before it. Rooms in which something is said every few seconds read their
rules half as often for it.
"""


@dataclass(frozen=True)
class RoomRules:
    """`slow_mode_s`: seconds between two messages of a member, 0 for off. Blocked words are folded (`chat.words`)."""

    slow_mode_s: int = 0
    blocked_words: frozenset[str] = frozenset()
    rights: str = ""
    """Another one after each change that takes a right away from a member, or gives one to them."""


RULES = Kind("rules", RoomRules, life_ms=SHARED_MS, capacity=10_000, memory_ms=REMEMBERED_MS)


class RuleBook:
    """The rules of all rooms in one table. A room without a row has those of `RoomRules()`."""

    def __init__(self, table: Table, tiers: Tiers) -> None:
        self._table = table
        self._tiers = tiers

    def remembered(self, room: str) -> RoomRules | None:
        """The rules as they were seen at most `REMEMBERED_MS` ago, and read at most `SHARED_MS` ago. No call."""
        known = self._tiers.find_one(RULES.of(room))
        rules: RoomRules | None = known.value if known else None
        return rules

    def recall(self, room: str) -> RoomRules:
        """The rules, as late as `remembered` says. No call when remembered, else half a read unit."""
        return self.remembered(room) or self.read(room)

    def read(self, room: str) -> RoomRules:
        """The rules anew. Half a read unit."""
        at_ms = self._tiers.clock.now_ms()
        return self.remember(room, self._table.get(keys.room_rules(room)), at_ms)

    def find(self, room: str) -> RoomRules:
        """The rules as they stand: a consistent read, one unit."""
        at_ms = self._tiers.clock.now_ms()
        return self.remember(room, self._table.get(keys.room_rules(room), consistent=True), at_ms)

    def remember(self, room: str, item: Item | None, at_ms: int) -> RoomRules:
        """Keeps what was read of the room's row at `at_ms` or later; None where it has none."""
        rules = rules_of(item)
        self._tiers.keep(Kept(RULES.of(room), rules, at_ms))
        return rules

    def change(self, room: str, *, slow_mode_s: int | None, blocked_words: frozenset[str] | None) -> RoomRules:
        """Sets what is not None and returns all of it as it then stands. One write unit for each KB of words."""
        wanted: dict[str, Any] = {"room": room}
        if slow_mode_s is not None:
            wanted["slow_mode_s"] = slow_mode_s
        if blocked_words is not None:
            wanted["blocked_words"] = sorted(blocked_words)
        at_ms = self._tiers.clock.now_ms()
        return self.remember(room, self._table.update(keys.room_rules(room), assign=wanted), at_ms)


def rules_of(item: Item | None) -> RoomRules:
    """The rules in the room's row, None for none."""
    if item is None:
        return RoomRules()
    return RoomRules(item.get("slow_mode_s", 0), frozenset(item.get("blocked_words", ())), item.get("rights", ""))


def renewed_rights(room: str) -> Assign:
    """The write that goes with every change of rights, in its transaction: what was kept under others is stale."""
    return Assign(keys.room_rules(room), {"room": room, "rights": uuid.uuid4().hex})
