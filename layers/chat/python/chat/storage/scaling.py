"""What operators have changed of the stage since its deployment, each version kept: thresholds, limits, concurrency.

The version in force is one row, which function instances look at now and then (`FanoutSettings`, `LimitSettings`). Each
version is also a row of its own that is never changed, so that any of them can be put in force again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chat.buckets import TokenBuckets
from chat.errors import UnavailableError
from chat.pace import RoomPace
from chat.ports import Absent, Clock, Equal, Item, Put, Query, Table, TransactionError
from chat.storage import keys

LOOK_MS = 5_000
"""How long an instance goes by the limits that it saw last."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """One version: what is different from the deployment. What it does not name is as it was deployed.

    `functions` has, by name, `reserved`, `provisioned` and `pollers`, as `chat.scaling.Concurrency`.
    """

    version: int = 0
    thresholds: Mapping[str, int] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    functions: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    operator: str = ""
    why: str = ""
    at_ms: int = 0


NOTHING = Scaling()
"""Version 0: the stage as it was deployed."""


class ScalingBook:
    """All versions of one stage."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def current(self) -> Scaling:
        """The version in force, as it stands. One read unit."""
        return _scaling(self._table.get(keys.FANOUT, consistent=True))

    def find(self, version: int) -> Scaling | None:
        """An earlier version, None where there was none. One read unit."""
        if version == 0:
            return NOTHING
        item = self._table.get(keys.scaling_version(version), consistent=True)
        return _scaling(item) if item else None

    def newest(self, limit: int) -> list[Scaling]:
        """The newest versions, the newest first."""
        pk, first = keys.scaling_version(0)
        _, last = keys.scaling_version(keys.MAX_SCALING_VERSION)
        (page,) = self._table.query(Query(pk, first, last, limit=limit, consistent=True, descending=True))
        return [_scaling(item) for item in page.items]

    def store(self, scaling: Scaling) -> bool:
        """Puts it in force behind the version before it; False where that is not in force. Two rows at once."""
        row = _row(scaling)
        (pk, current), (_, kept) = keys.FANOUT, keys.scaling_version(scaling.version)
        before = Equal("version", scaling.version - 1) if scaling.version > 1 else Absent()
        try:
            self._table.transact(
                [Put({"pk": pk, "sk": current, **row}, before), Put({"pk": pk, "sk": kept, **row}, Absent())]
            )
        except TransactionError:
            return False
        return True


class LimitSettings:
    """The limits of users and rooms in force, as one function instance knows them. A new one begins as deployed."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._look_at_ms = 0

    def follow(self, buckets: TokenBuckets, pace: RoomPace) -> None:
        """Sets what has changed. Half a read unit every `LOOK_MS`, else no call. Never raises.

        The first look is `LOOK_MS` after the first call, so that a cold start pays nothing.
        """
        now_ms = self._clock.now_ms()
        self._look_at_ms = self._look_at_ms or now_ms + LOOK_MS
        if now_ms < self._look_at_ms:
            return
        self._look_at_ms = now_ms + LOOK_MS
        try:
            limits = _scaling(self._table.get(keys.FANOUT)).limits
        except UnavailableError:
            logger.warning("limits not read")
            return
        buckets.change(limits.get("user_rate_per_s"), limits.get("user_burst"))
        pace.change(limits.get("room_rate_per_s"))


def _row(scaling: Scaling) -> dict[str, Any]:
    return {
        "version": scaling.version,
        "values": dict(scaling.thresholds),
        "limits": dict(scaling.limits),
        "functions": {name: dict(wanted) for name, wanted in scaling.functions.items()},
        "operator": scaling.operator,
        "why": scaling.why,
        "at_ms": scaling.at_ms,
    }


def _scaling(item: Item | None) -> Scaling:
    if item is None:
        return NOTHING
    return Scaling(
        version=item["version"],
        thresholds=item["values"],
        limits=item.get("limits", {}),
        functions=item.get("functions", {}),
        operator=item.get("operator", ""),
        why=item.get("why", ""),
        at_ms=item.get("at_ms", 0),
    )
