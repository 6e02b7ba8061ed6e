"""Costly answers about large rooms, kept in the table for all function instances.

Whoever finds an answer old counts anew, one at a time; the others are given the old one meanwhile. An answer is kept
longer the more rows it took to count, so counting costs a room a constant number of read units a second, however large
the room and however many ask: at 100 bytes a row, about 12.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chat.ports import Clock, ConditionError, Equal, Item, Key, Table

KEPT_ABOVE = 1_000
"""Rows up to which an answer is counted for each who asks: at most 13 read units at 100 bytes a row."""

FRESH_MS_PER_ROW = 1
"""How long an answer is kept for each row it took: 100,000 rows are counted anew every 100 s."""

CLAIM_MS = 30_000
"""How long somebody may take to count; if they die, somebody else does after this."""

KEPT_S = 3_600


@dataclass(frozen=True)
class Summary:
    """An answer, the rows that were counted for it, and when: the server's clock, ms since 1970."""

    value: Any
    rows: int
    as_of_ms: int


class Summaries:
    """Answers in one table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def recall(self, key: Key, count: Callable[[], tuple[Any, int]]) -> Summary:
        """The answer under `key`, or what `count` returns: an answer and the rows it took.

        Half a read unit a started 4 KB of answer; and whatever counting costs, always in small rooms.
        """
        now_ms = self._clock.now_ms()
        kept = self._table.get(key)
        if kept and (kept["fresh_until_ms"] > now_ms or not self._claim(key, kept, now_ms)):
            return Summary(kept["value"], kept["rows"], kept["as_of_ms"])
        value, rows = count()
        if kept or rows > KEPT_ABOVE:
            self._keep(key, Summary(value, rows, now_ms))
        return Summary(value, rows, now_ms)

    def _claim(self, key: Key, kept: Item, now_ms: int) -> bool:
        try:
            self._table.update(
                key,
                assign={"fresh_until_ms": now_ms + CLAIM_MS},
                condition=Equal("fresh_until_ms", kept["fresh_until_ms"]),
            )
        except ConditionError:
            return False
        return True

    def _keep(self, key: Key, summary: Summary) -> None:
        pk, sk = key
        self._table.put(
            {
                "pk": pk,
                "sk": sk,
                "value": summary.value,
                "rows": summary.rows,
                "as_of_ms": summary.as_of_ms,
                "fresh_until_ms": summary.as_of_ms + summary.rows * FRESH_MS_PER_ROW,
                "expires_at_s": summary.as_of_ms // 1000 + KEPT_S,
            }
        )
