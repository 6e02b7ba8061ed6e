"""A room's shape: into how many shards its subscriptions are split, how many follow it, and what is in force there.

Writers put a subscription into one of `shards`, readers read all of the `readable`, which are never fewer. So nobody is
missed while the number changes:

* To grow, `readable` is raised first and `shards` `SPREAD_MS` later, when no reader goes by an older shape any more.
* To shrink, `shards` is lowered first and `readable` when the shards above it are found empty, `EMPTIED_MS` later at
  the earliest, when no writer goes by an older shape any more.

The row stands at the head of the room's first shard, so that the Query which finds a small room's subscribers finds it,
too. A room without a row has one shard. Each shard is a partition of its own: 1,000 write units a second, which are 250
subscriptions that come or go (2 units each, twice: they leave as well), and 3,000 read units, which are 3,000 slices of
100 rows with 150 bytes, read eventually consistent at 2 units each. API Gateway opens 500 connections a second.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chat.planning import QUIET, Plan, Step, shards_for
from chat.ports import Below, Condition, ConditionError, Equal, Item, Table
from chat.storage import keys
from chat.storage.rooms import get_batches

REMEMBERED_MS = 2_000
"""How long a function instance goes by the shape that it saw."""

SPREAD_MS = 5_000
"""What a shape needs to be known everywhere: the above, reads that lag behind, and a window that was claimed before."""

EMPTIED_MS = 60_000
"""Twice the longest run of a function that subscribes a socket, and what it remembers."""

CAPACITY = 10_000
"""Rooms remembered by one function instance; the longest unused goes first."""

_OF_PLAN = ("tier", "step", "window_ms", "seq", "seq_at_ms")

KEPT_S = 3_600
"""How long the row of a room with one shard is kept; with more it stays until there is one."""


@dataclass(frozen=True)
class Shape:
    """What is known of a room. Times are ms since 1970; `seq` was its newest number at `seq_at_ms`."""

    shards: int = 1
    readable: int = 1
    resized_at_ms: int = 0
    online: int = 0
    """Sockets, as they were counted last; 0 before they ever were."""
    plan: Plan = field(default=QUIET)
    told: Step = "full"
    """The step that the room's subscribers were told of last."""
    told_tail: bool = False
    """Whether they were told last to follow the room's tail."""
    seq: int = 0
    seq_at_ms: int = 0
    reviewed_at_ms: int = 0
    """The last look at the room (`chat.delivery.reviews`); 0 for never."""

    @property
    def tailed(self) -> bool:
        """Whether who follows the room is to follow its tail: also before all are told to, and until told otherwise."""
        return self.plan.tier == "tail" or self.told_tail

    @property
    def silent(self) -> bool:
        """Whether nothing of the room's log is posted: everybody was told where else it is."""
        return self.plan.tier == "tail" and self.told_tail

    def resized(self, online: int, *, emptied: bool, now_ms: int) -> Shape:
        """The next shape of a room with so many sockets. `emptied`: nothing is in the shards above `shards`."""
        wanted = shards_for(online, self.shards)
        age_ms = now_ms - self.resized_at_ms
        if wanted > self.readable:
            return replace(self, readable=wanted, resized_at_ms=now_ms)
        if wanted < self.shards or (wanted > self.shards and age_ms >= SPREAD_MS):
            return replace(self, shards=wanted, resized_at_ms=now_ms)
        if wanted == self.shards < self.readable and emptied and age_ms >= EMPTIED_MS:
            return replace(self, readable=wanted, resized_at_ms=now_ms)
        return self


UNKNOWN = Shape()


def home(connection: str, shards: int) -> int:
    """The shard that the connection's subscription is written to."""
    return zlib.crc32(connection.encode()) % shards


def shape_of(item: Item | None) -> Shape:
    """The shape in a row, `UNKNOWN` for none."""
    if item is None:
        return UNKNOWN
    plan = Plan(item["tier"], item["step"], item["window_ms"]) if "tier" in item else QUIET
    numbers = ("shards", "readable", "resized_at_ms", "online", "seq", "seq_at_ms", "reviewed_at_ms")
    known = {name: item[name] for name in numbers if name in item}
    return Shape(**known, plan=plan, told=item.get("told", "full"), told_tail=item.get("told_tail", False))


class Shapes:
    """The shapes of all rooms, in the table of their subscriptions."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._seen: OrderedDict[str, tuple[int, Shape]] = OrderedDict()

    def remembered(self, room: str, now_ms: int) -> Shape | None:
        """The shape as this instance saw it at most `REMEMBERED_MS` ago. No call."""
        until_ms, shape = self._seen.get(room, (0, None))
        return shape if until_ms > now_ms else None

    def recall(self, room: str, now_ms: int) -> Shape:
        """As `remembered`; where it is not, read for half a read unit."""
        shape = self.remembered(room, now_ms)
        return shape or self.remember(room, shape_of(self._table.get(keys.room_shape(room))), now_ms)

    def recall_all(self, rooms: Sequence[str], now_ms: int) -> dict[str, Shape]:
        """As `recall`, of up to 200 rooms at once."""
        unknown = [room for room in rooms if self.remembered(room, now_ms) is None]
        items = get_batches(self._table, [keys.room_shape(room) for room in unknown])
        found = {item["pk"]: item for item in items}
        for room in unknown:
            self.remember(room, shape_of(found.get(keys.room_shape(room)[0])), now_ms)
        return {room: self.remembered(room, now_ms) or UNKNOWN for room in rooms}

    def find(self, room: str) -> Shape:
        """The shape as it stands: a consistent read, one unit."""
        return shape_of(self._table.get(keys.room_shape(room), consistent=True))

    def remember(self, room: str, shape: Shape, now_ms: int) -> Shape:
        """Keeps what was read of the room just now."""
        self._seen[room] = (now_ms + REMEMBERED_MS, shape)
        self._seen.move_to_end(room)
        if len(self._seen) > CAPACITY:
            self._seen.popitem(last=False)
        return shape

    def begin_review(self, room: str, asked: Shape, now_ms: int, *, not_since_ms: int) -> bool:
        """Claims the next look at a room that had none since then; False where somebody else has. One write unit.

        What `asked` has for a plan is in force from then on, and its rate is counted from there.
        """
        values = {name: value for name, value in _row(asked, now_ms).items() if name in _OF_PLAN}
        claim = {**values, "reviewed_at_ms": now_ms}
        return self._write(room, claim, Below("reviewed_at_ms", not_since_ms), now_ms)

    def settle(self, room: str, before: Shape, after: Shape, now_ms: int) -> bool:
        """Stores what a look at the room has led to; False where another look came between. One write unit."""
        return self._write(room, _row(after, now_ms), Equal("reviewed_at_ms", before.reviewed_at_ms), now_ms)

    def _write(self, room: str, values: Mapping[str, Any], condition: Condition, now_ms: int) -> bool:
        try:
            stored = self._table.update(keys.room_shape(room), assign={"room": room, **values}, condition=condition)
        except ConditionError as refused:
            self.remember(room, shape_of(refused.item), now_ms)
            return False
        self.remember(room, shape_of(stored), now_ms)
        return True


def _row(shape: Shape, now_ms: int) -> dict[str, Any]:
    return {
        # A number is the table's TTL, and nothing else is.
        "expires_at_s": now_ms // 1000 + KEPT_S if shape.readable == 1 else None,
        "shards": shape.shards,
        "readable": shape.readable,
        "resized_at_ms": shape.resized_at_ms,
        "online": shape.online,
        "tier": shape.plan.tier,
        "step": shape.plan.step,
        "window_ms": shape.plan.window_ms,
        "told": shape.told,
        "told_tail": shape.told_tail,
        "seq": shape.seq,
        "seq_at_ms": shape.seq_at_ms,
        "reviewed_at_ms": shape.reviewed_at_ms,
    }
