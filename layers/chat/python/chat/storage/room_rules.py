"""What a room's moderators have set for it, and a short memory of it beside that of memberships."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from chat.ports import Clock, Item, Table
from chat.storage import keys

REMEMBERED_MS = 5_000
"""How long a function instance goes by what it saw: a change is in force everywhere after that."""

CAPACITY = 10_000
"""Rooms remembered by one function instance; the longest unused goes first."""


@dataclass(frozen=True)
class RoomRules:
    """`slow_mode_s`: seconds between two messages of a member, 0 for off. Blocked words are folded (`chat.words`)."""

    slow_mode_s: int = 0
    blocked_words: frozenset[str] = frozenset()


class RuleBook:
    """The rules of all rooms in one table. A room without a row has those of `RoomRules()`."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._seen: OrderedDict[str, tuple[int, RoomRules]] = OrderedDict()

    def remembered(self, room: str) -> RoomRules | None:
        """The rules as this instance saw them at most `REMEMBERED_MS` ago. No call."""
        until_ms, rules = self._seen.get(room, (0, None))
        return rules if until_ms > self._clock.now_ms() else None

    def recall(self, room: str) -> RoomRules:
        """The rules, at most `REMEMBERED_MS` late. No call when remembered, else half a read unit."""
        return self.remembered(room) or self.remember(room, self._table.get(keys.room_rules(room)))

    def find(self, room: str) -> RoomRules:
        """The rules as they stand: a consistent read, one unit."""
        return self.remember(room, self._table.get(keys.room_rules(room), consistent=True))

    def remember(self, room: str, item: Item | None) -> RoomRules:
        """Keeps what somebody else has read of the room's row in the same call; None where it has none."""
        rules = _rules(item)
        self._seen[room] = (self._clock.now_ms() + REMEMBERED_MS, rules)
        self._seen.move_to_end(room)
        if len(self._seen) > CAPACITY:
            self._seen.popitem(last=False)
        return rules

    def change(self, room: str, *, slow_mode_s: int | None, blocked_words: frozenset[str] | None) -> RoomRules:
        """Sets what is not None and returns all of it as it then stands. One write unit for each KB of words."""
        wanted: dict[str, Any] = {"room": room}
        if slow_mode_s is not None:
            wanted["slow_mode_s"] = slow_mode_s
        if blocked_words is not None:
            wanted["blocked_words"] = sorted(blocked_words)
        return self.remember(room, self._table.update(keys.room_rules(room), assign=wanted))


def _rules(item: Item | None) -> RoomRules:
    if item is None:
        return RoomRules()
    return RoomRules(item.get("slow_mode_s", 0), frozenset(item.get("blocked_words", ())))
