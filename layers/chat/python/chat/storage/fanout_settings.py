"""The stage's thresholds of delivery: what it was deployed with, and what operators have changed since."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from chat.errors import UnavailableError
from chat.planning import Thresholds
from chat.ports import Absent, Clock, ConditionError, Equal, Item, Table
from chat.storage import keys

REMEMBERED_MS = 5_000
"""How long a function instance goes by what it saw: a change is in force everywhere after that."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Changes:
    """What is different from the deployment, by name. `version` counts changes; 0: there was none."""

    version: int = 0
    values: Mapping[str, int] = field(default_factory=dict)


class FanoutSettings:
    """One row for the whole stage."""

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
                self._known = self._deployed.but(dict(_changes(self._table.get(keys.FANOUT)).values))
            except (UnavailableError, ValueError):
                logger.exception("thresholds of delivery not read")
        return self._known

    def read(self) -> Changes:
        """What was changed, as it stands: a consistent read, one unit."""
        return _changes(self._table.get(keys.FANOUT, consistent=True))

    def write(self, values: Mapping[str, int], *, version: int) -> Changes | None:
        """Replaces all changes by these; None where they are not the ones of `version` any more. One write unit.

        Raises `ValueError` with what to change for values that make no sense.
        """
        self._deployed.but(dict(values))
        pk, sk = keys.FANOUT
        condition = Equal("version", version) if version else Absent()
        try:
            self._table.put({"pk": pk, "sk": sk, "version": version + 1, "values": dict(values)}, condition)
        except ConditionError:
            return None
        self._until_ms = 0
        return Changes(version + 1, dict(values))


def _changes(item: Item | None) -> Changes:
    return Changes(item["version"], item["values"]) if item else Changes()
