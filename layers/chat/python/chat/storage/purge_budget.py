"""How many paths caches were told to forget in a day: one row a day, counted before CloudFront is asked."""

from __future__ import annotations

from dataclasses import dataclass

from chat.days import DAY_MS
from chat.ports import Below, ConditionError, Table
from chat.storage import keys

KEPT_DAYS = 7


class BudgetSpentError(Exception):
    """The day's budget does not have so many paths any more."""


@dataclass(frozen=True, kw_only=True)
class Purged:
    """What was asked of caches on one day: `paths` were paid for, `refused` times somebody was sent away."""

    paths: int
    refused: int


@dataclass(frozen=True)
class PurgeBudget:
    """Paths a day; days are those of UTC."""

    table: Table
    per_day: int

    def take(self, paths: int, now_ms: int) -> int:
        """Counts the paths, and returns how many that makes today: never more than the budget, whoever asks at once.

        One write unit. Raises `BudgetSpentError` where they do not fit: nothing of them is counted.
        """
        try:
            row = self._add(paths, now_ms, Below("paths", self.per_day - paths + 1))
        except ConditionError as error:
            raise BudgetSpentError from error
        return int(row["paths"])

    def give_back(self, paths: int, now_ms: int) -> None:
        """For what was taken and then not asked of anybody. One write unit."""
        self._add(-paths, now_ms, None)

    def refuse(self, now_ms: int) -> None:
        """Notes that somebody was sent away. One write unit."""
        self.table.update(keys.purges_of_day(now_ms // DAY_MS), add={"refused": 1}, assign=_end_of(now_ms))

    def spent(self, now_ms: int) -> Purged:
        """What became of today's budget so far. A consistent read."""
        row = self.table.get(keys.purges_of_day(now_ms // DAY_MS), consistent=True) or {}
        return Purged(paths=int(row.get("paths", 0)), refused=int(row.get("refused", 0)))

    def _add(self, paths: int, now_ms: int, condition: Below | None) -> dict[str, int]:
        key = keys.purges_of_day(now_ms // DAY_MS)
        return self.table.update(key, add={"paths": paths}, assign=_end_of(now_ms), condition=condition)


def _end_of(now_ms: int) -> dict[str, int]:
    return {"expires_at_s": (now_ms // DAY_MS + KEPT_DAYS) * DAY_MS // 1000}
