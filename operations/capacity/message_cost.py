"""What one message takes, by count: posts, calls and units, for a room of a size and a rate, and a stage's thresholds.

How it goes there is asked of `chat.planning`, which the deployed functions ask too. What each way takes was counted on
the real code (`tests/unit/test_fanout_budgets.py`); `tests/unit/test_message_cost.py` counts it again beside these
formulas.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

from chat.planning import QUIET, Plan, Thresholds, frames_of, plan, posts_per_s, shards_for
from operations.facts.quotas import quota

SUBSCRIPTION_BYTES = 150
"""Of a row of the connections table (`chat.storage.shapes`)."""

SHAPE_BYTES = 58
"""Of the row at the head of a room's first shard."""

ENTRY_BYTES = 117
"""What a stored message has beside its text."""

READ_UNIT_BYTES, WRITE_UNIT_BYTES = 4_096, 1_024
EVENTUAL = 0.5
TRANSACTIONAL = 2

WINDOW_CALLS = 6
"""Of a window, beside a claim of each message and a Query of each shard."""

WINDOW_WRITES = 3
"""The mark, the end of the window and the cursor."""


@dataclass(frozen=True, kw_only=True)
class MessageCost:
    """Of one message, on average. `calls` are those to DynamoDB; `bodies` those to the delivery queue."""

    posts: float = 0
    frames: float = 0
    """Units of 32 KB that API Gateway bills for the posts."""
    calls: float = 0
    bodies: float = 0
    read: float = 0
    written: float = 0

    def __add__(self, other: MessageCost) -> MessageCost:
        return MessageCost(**{name: getattr(self, name) + getattr(other, name) for name in vars(self)})

    def times(self, factor: float) -> MessageCost:
        """Of so many messages."""
        return MessageCost(**{name: value * factor for name, value in vars(self).items()})


@dataclass(frozen=True)
class Fanout:
    """How messages reach a room, and what each of them takes beside being numbered and stored."""

    plan: Plan
    shards: int
    cost: MessageCost


def to_store(text_bytes: int) -> MessageCost:
    """Numbering and storing: a unit to count, and in one transaction the entry and the id that it was sent with."""
    entry = ceil((ENTRY_BYTES + text_bytes) / WRITE_UNIT_BYTES)
    return MessageCost(calls=2, written=1 + TRANSACTIONAL * (entry + 1))


def to_deliver(
    sockets: int,
    *,
    rate_per_s: float,
    size_bytes: int,
    thresholds: Thresholds,
    row_bytes: int = SUBSCRIPTION_BYTES,
    before: Plan = QUIET,
) -> Fanout:
    """To a room that so many sockets follow and that gets `rate_per_s` messages a second."""
    shards = shards_for(sockets, 1)
    planned = plan(sockets, rate_per_s, size_bytes, before, thresholds)
    if planned.tier == "coalesced":
        held = max(1.0, rate_per_s * planned.window_ms / 1_000)
        billed = posts_per_s(planned, sockets, rate_per_s, size_bytes) / rate_per_s
        return Fanout(planned, shards, _of_window(sockets, shards, held, billed, row_bytes))
    frames = frames_of(size_bytes)
    posts = MessageCost(posts=sockets, frames=sockets * frames)
    if planned.tier == "direct":
        read = EVENTUAL * max(1, ceil((SHAPE_BYTES + sockets * row_bytes) / READ_UNIT_BYTES))
        return Fanout(planned, shards, replace(posts, calls=1, read=read))
    return Fanout(
        planned, shards, replace(posts, calls=shards, bodies=shards, read=_reading(sockets, shards, row_bytes))
    )


def queue_calls(bodies: float) -> float:
    """To send them, to receive them and to delete them."""
    return 3 * ceil(bodies / quota("batch").value)


def _of_window(sockets: int, shards: int, held: float, billed: float, row_bytes: int) -> MessageCost:
    """A message's part of a window that `held` of them share; `billed` are the frames that each is billed for."""
    return MessageCost(
        posts=sockets / held,
        frames=max(billed, sockets / held),
        calls=1 + (WINDOW_CALLS + shards) / held,
        bodies=(1 + (shards if shards > 1 else 0)) / held,
        read=(4 + _reading(sockets, shards, row_bytes)) / held,
        written=1 + WINDOW_WRITES / held,
    )


def _reading(sockets: int, shards: int, row_bytes: int) -> float:
    """Read units of one Query a shard."""
    return shards * EVENTUAL * max(1, ceil(sockets / shards * row_bytes / READ_UNIT_BYTES))
