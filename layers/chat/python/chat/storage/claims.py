"""Who tells a room of something, one at a time over all function instances."""

from __future__ import annotations

from collections.abc import Callable

from chat.ports import Below, Clock, ConditionError, Item, Key, Table

KEPT_S = 600
"""How long the row of a claim outlives it, before the TTL sweeps it."""


class NoticeClaims:
    """The claims of one kind of notice, in one table. `place` is the key of a room's."""

    def __init__(self, table: Table, clock: Clock, place: Callable[[str], Key]) -> None:
        self._table = table
        self._clock = clock
        self._place = place

    def take(self, room: str, hold_ms: int) -> int:
        """Claims telling the room for so long: 0 for whoever may, else until when nobody else may.

        One write unit.
        """
        now_ms = self._clock.now_ms()
        try:
            self._table.put(self._row(room, now_ms + hold_ms), Below("until_ms", now_ms + 1))
        except ConditionError as taken:
            return int(taken.item["until_ms"]) if taken.item else 0
        return 0

    def hold(self, room: str, hold_ms: int) -> None:
        """Nobody may take it for so long. One write unit."""
        self._table.put(self._row(room, self._clock.now_ms() + hold_ms))

    def _row(self, room: str, until_ms: int) -> Item:
        pk, sk = self._place(room)
        return {"pk": pk, "sk": sk, "until_ms": until_ms, "expires_at_s": until_ms // 1000 + KEPT_S}
