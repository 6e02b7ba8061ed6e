"""Has the caches all over the world forget media that is removed, within the stage's budget for it.

CloudFront's bill counts paths, $0.005 each above 1,000 a month, and it works on `MOST_AT_ONCE` paths with a wildcard at
a time. So what goes at the same time is put together: a file is one path for all its forms, more than `MOST_FILES` of a
room are the room, and what is too much for CloudFront or for the day's budget is all media: one path, after which
caches fetch what is still shown from the bucket once more. Knows nothing of why media is removed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from chat import signals
from chat.ports import Clock, EdgeCache
from chat.shown_media import MEDIA
from chat.storage.purge_budget import BudgetSpentError, PurgeBudget

MOST_FILES = 3
"""Files of one room that caches are told to forget one by one, of those that go at the same time."""

MOST_AT_ONCE = 15
"""Amazon CloudFront Developer Guide, "Concurrent invalidation request maximum": paths with a wildcard."""

ALL_MEDIA = f"{MEDIA}*"

logger = logging.getLogger(__name__)


class PurgeRefusedError(Exception):
    """Caches were not told: the day's budget is spent. The message says so to whoever reads the log."""


@dataclass(frozen=True, kw_only=True)
class Purging:
    """Whom to tell, and what it may cost."""

    edge_cache: EdgeCache
    budget: PurgeBudget
    clock: Clock

    def forget(self, shown: Iterable[str]) -> None:
        """Has caches forget all that was `shown`, by keys of files that are removed. Safe to repeat: it is paid again.

        A write unit and a call of CloudFront's, whatever goes. Raises `PurgeRefusedError`, and what CloudFront raises;
        then the budget is as it was.
        """
        wanted = paths_of(shown)
        if not wanted:
            return
        now_ms = self.clock.now_ms()
        paths = self._afford(wanted, now_ms)
        try:
            self.edge_cache.forget(paths)
        except Exception:
            self.budget.give_back(len(paths), now_ms)
            raise
        signals.EDGE_PURGES.add(len(paths), of="told")

    def _afford(self, wanted: list[str], now_ms: int) -> list[str]:
        """The paths that are paid for: those that are wanted, or one for everything."""
        try:
            return self._pay(wanted, now_ms)
        except BudgetSpentError:
            logger.warning("the day's budget of purges has one path for all media left", extra={"wanted": len(wanted)})
        try:
            return self._pay([ALL_MEDIA], now_ms)
        except BudgetSpentError as spent:
            self.budget.refuse(now_ms)
            signals.EDGE_PURGES.add(len(wanted), of="refused")
            told = f"Caches were told to forget {self.budget.per_day:,} paths today, as many as the stage pays for"
            raise PurgeRefusedError(f"{told} (`purge_paths_per_day`): {len(wanted)} more wait.") from spent

    def _pay(self, paths: list[str], now_ms: int) -> list[str]:
        used = self.budget.take(len(paths), now_ms)
        signals.PURGE_BUDGET.observe(used / self.budget.per_day * 100)
        return paths


def paths_of(shown: Iterable[str]) -> list[str]:
    """The fewest paths that are worth it, all of them with a wildcard; none for nothing."""
    rooms: dict[str, set[str]] = {}
    for key in shown:
        folder = key.rpartition("/")[0]
        rooms.setdefault(folder.rpartition("/")[0], set()).add(folder)
    paths = [path for room, files in rooms.items() for path in ([room] if len(files) > MOST_FILES else files)]
    return sorted(f"{path}/*" for path in paths) if len(paths) <= MOST_AT_ONCE else [ALL_MEDIA]
