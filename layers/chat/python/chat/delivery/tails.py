"""A very large room between two ways: posted to, and followed by its tail. Both overlap, so that nothing falls between.

* On the way in the tier is in force first, and its messages are still posted. Then a review tells the subscribers where
  the tail is, and only when that is on its way to all of them does posting end. Whoever subscribes meanwhile sees the
  tier: they are told by the reply, because their subscription stood before they looked, or by the review.
* On the way back messages are posted at once. Subscribers are told `SPREAD_MS` later, when no function instance goes by
  the tail any more; until then they poll, and then once more.

A client goes on from the last number that it has without a hole, so neither way depends on when it hears of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from chat.protocol import Tail
from chat.services import Fanout
from chat.storage.shapes import SPREAD_MS, Shape

POLL_MS = 1_000
"""The pause between polls until an answer of the tail says another: what caches keep it for."""


def of_room(fanout: Fanout, room: str) -> Tail:
    """The room's tail, for somebody who may read the room."""
    grant = fanout.tails.grant(room)
    return Tail(path=grant.path, poll_ms=POLL_MS, valid_ms=grant.valid_ms)


def for_subscriber(fanout: Fanout, room: str, shape: Shape) -> Tail | None:
    """What somebody is to follow who has just subscribed; None where the room is posted to.

    Their subscription was stored before this, so they are told here, or found by the review that tells everybody.
    """
    return of_room(fanout, room) if _is_tailed(fanout, room, shape) else None


def of_rooms(fanout: Fanout, rooms: Sequence[str]) -> dict[str, Tail]:
    """The tails of those rooms that are followed by them.

    Half a read unit for each room that is not remembered, and one more for each large one.
    """
    shapes = fanout.connections.shapes.recall_all(rooms, fanout.clock.now_ms())
    return {room: of_room(fanout, room) for room, shape in shapes.items() if _is_tailed(fanout, room, shape)}


def _is_tailed(fanout: Fanout, room: str, shape: Shape) -> bool:
    """By the shape as it stands where that may make a difference: what is remembered may be from before a review.

    No room gets from a few sockets to the threshold within what is remembered. A consistent read, one unit.
    """
    if shape.tailed or shape.online <= fanout.settings.known.direct:
        return shape.tailed
    return fanout.connections.shapes.find(room).tailed


def to_be_told(before: Shape, after: Shape, now_ms: int) -> bool:
    """Whether subscribers are to follow the tail, after a review that found `before` and led to `after`."""
    if after.plan.tier == "tail":
        return True
    # What was decided by the review before this one is known everywhere.
    is_over = before.plan.tier != "tail" and now_ms - before.reviewed_at_ms >= SPREAD_MS
    return before.told_tail and not is_over
