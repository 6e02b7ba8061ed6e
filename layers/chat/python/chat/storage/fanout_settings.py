"""The stage's thresholds of delivery: what it was deployed with, and what operators have changed since."""

from __future__ import annotations

import logging

from chat.errors import UnavailableError
from chat.planning import Thresholds
from chat.ports import Clock, Item, Table
from chat.storage import keys

REMEMBERED_MS = 5_000
"""How long a function instance goes by what it saw: a change is in force everywhere after that."""

logger = logging.getLogger(__name__)


class FanoutSettings:
    """One row for the whole stage, which `ScalingBook` writes."""

    def __init__(self, table: Table, clock: Clock, deployed: Thresholds) -> None:
        self._table = table
        self._clock = clock
        self._deployed = deployed
        self._known = deployed
        self._until_ms = 0

    @property
    def known(self) -> Thresholds:
        """What this instance saw last. No call."""
        return self._known

    def recall(self) -> Thresholds:
        """The thresholds in force, at most `REMEMBERED_MS` late. No call when remembered, else half a read unit.

        Where they can't be read, or make no sense, those of before count on. Never raises.
        """
        now_ms = self._clock.now_ms()
        if self._until_ms <= now_ms:
            self._until_ms = now_ms + REMEMBERED_MS
            try:
                self._known = self._deployed.but(_changed(self._table.get(keys.FANOUT)))
            except (UnavailableError, ValueError):
                logger.exception("thresholds of delivery not read")
        return self._known


def _changed(item: Item | None) -> dict[str, object]:
    return dict(item["values"]) if item else {}
