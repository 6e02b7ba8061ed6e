"""Looks at a room, away from its messages: how many follow it, how fast it is, and what follows from both.

A room is looked at when it is large or hot, begun by a message or by a subscriber, and again every `AGAIN_S` until it
is quiet and all subscriptions stand where they belong. A look resizes the room's shards, moves subscriptions, changes
the plan that is in force, and tells subscribers of a step that the room goes down or up, and of its tail.

A look may die anywhere, come twice or come late: each is tied to the one before by its time, and what was not told
is told by the next. Where a chain of looks breaks, the next message or subscriber begins another.
"""

from __future__ import annotations

from dataclasses import replace

from chat.delivery import tails
from chat.delivery.audience import spread
from chat.delivery.orders import Review, enqueue
from chat.numbering import given_between
from chat.planning import QUIET, SLICE, Plan, plan
from chat.protocol import RoomPace, Tail, encode
from chat.services import Deliveries, Fanout
from chat.storage.moves import Census
from chat.storage.shapes import Shape, home

AGAIN_S = 5
AGAIN_MS = AGAIN_S * 1_000
"""Between two looks at a room that is not quiet."""

PERIOD_MS = 15_000
"""Between two looks at a room that is only large: three times the above, so a chain that is alive begins no other."""

SAMPLED = 16
"""Of so many subscribers one looks how full their shard is."""

SOCKETS_PER_S = 2_000
MOST_PAUSE_S = 300
"""Between two looks at a room that is followed by its tail: a second for so many sockets, up to this."""

MESSAGE_BYTES = 512
"""What a message is taken to have. API Gateway bills any below 32 KB the same."""


def begin(fanout: Fanout, room: str, shape: Shape, now_ms: int, *, seq: int = 0, planned: Plan = QUIET) -> None:
    """Has the room looked at, unless that was done lately. A write unit and a queue call in `PERIOD_MS`.

    A plan that somebody who has just given the number `seq` finds necessary is in force from here on. In very large
    rooms it is done less often: counting a million sockets takes 40,000 read units. Raises `UnavailableError`.
    """
    sudden = planned.busy and not shape.plan.busy
    since_ms = now_ms - (AGAIN_MS // 2 if sudden else max(PERIOD_MS, shape.online))
    if shape.reviewed_at_ms >= since_ms:
        return
    asked = replace(shape, plan=planned, seq=seq, seq_at_ms=now_ms) if sudden else shape
    if fanout.connections.shapes.begin_review(room, asked, now_ms, not_since_ms=since_ms):
        enqueue(fanout.queue, [Review(room, now_ms)])


def notice_subscriber(fanout: Fanout, room: str, connection: str, now_ms: int) -> Tail | None:
    """Somebody has subscribed: the tail that they are to follow, None where the room is posted to.

    They are told what the room goes without, with a post where it does. One in `SAMPLED` looks whether their shard is
    full, for two read units: so a room that everybody comes to grows before anything is said in it. Raises
    `UnavailableError`.
    """
    shape = fanout.connections.shapes.recall(room, now_ms)
    tail = tails.for_subscriber(fanout, room, shape)
    if shape.plan.step != "full":
        frame = RoomPace(room=room, step=shape.plan.step, tail=tail, as_of_ms=shape.reviewed_at_ms)
        fanout.sockets.post([connection], encode(frame))
    _look_at_shard(fanout, room, connection, shape, now_ms)
    return tail


def _look_at_shard(fanout: Fanout, room: str, connection: str, shape: Shape, now_ms: int) -> None:
    if home(connection, SAMPLED * SLICE) % SAMPLED:
        return
    shard = home(connection, shape.shards)
    first = next(fanout.connections.slices(room, shard, SLICE, 1), None)
    if first and first.end:
        begin(fanout, room, shape, now_ms)


def carry_out(desk: Deliveries, review: Review) -> Shape | None:
    """Looks at the room; the shape that follows, None where another look has taken this one's place.

    Reads all of the room's subscriptions, the counter and the shape; two write units, and what moves cost. Raises
    `UnavailableError`.
    """
    fanout, room = desk.fanout, review.room
    before = fanout.connections.shapes.find(room)
    if before.reviewed_at_ms != review.since_ms:
        return None
    now_ms = max(fanout.clock.now_ms(), review.since_ms + 1)
    census = desk.moves.count(room, before)
    after = replace(
        _replanned(desk, room, before, census.online, now_ms).resized(
            census.online, emptied=census.above == 0, now_ms=now_ms
        ),
        online=census.online,
        reviewed_at_ms=now_ms,
    )
    if _goes_on(before, after, census):
        enqueue(fanout.queue, [Review(room, now_ms)], delay_s=_pause_s(after))
    if not fanout.connections.shapes.settle(room, before, after, now_ms):
        return None
    if after.shards == before.shards:
        desk.moves.carry_out(census, before, now_ms)
    return _announced(fanout, room, before, after, now_ms)


def _replanned(desk: Deliveries, room: str, shape: Shape, online: int, now_ms: int) -> Shape:
    """The shape with the plan that the rate since the last look asks for; as it is where that was just now."""
    elapsed_ms = now_ms - shape.seq_at_ms
    if elapsed_ms < AGAIN_MS // 2:
        return shape
    seq = desk.messages.newest(room)
    rate_per_s = given_between(shape.seq, seq) * 1_000 / elapsed_ms if shape.seq_at_ms else 0.0
    planned = plan(online, rate_per_s, MESSAGE_BYTES, shape.plan, desk.fanout.settings.recall())
    return replace(shape, plan=planned, seq=seq, seq_at_ms=now_ms)


def _announced(fanout: Fanout, room: str, before: Shape, after: Shape, now_ms: int) -> Shape:
    """The shape once the room's subscribers know what is in force. A run that dies here leaves it to the next."""
    step, tailed = after.plan.step, tails.to_be_told(before, after, now_ms)
    if (after.told, after.told_tail) == (step, tailed):
        return after
    tail = tails.of_room(fanout, room) if tailed else None
    spread(fanout, room, [encode(RoomPace(room=room, step=step, tail=tail, as_of_ms=now_ms))])
    told = replace(after, told=step, told_tail=tailed)
    fanout.connections.shapes.settle(room, after, told, now_ms)
    return told


def _goes_on(before: Shape, after: Shape, census: Census) -> bool:
    """Whether something is under way that has to be seen to its end."""
    busy = before.plan.busy or after.plan.busy or before.told != after.plan.step or before.told_tail
    return busy or after.shards != after.readable or not census.settled


def _pause_s(shape: Shape) -> int:
    """Until the next look: it counts all subscriptions, for 40 read units a thousand, and a tail bears it late."""
    return min(max(AGAIN_S, shape.online // SOCKETS_PER_S), MOST_PAUSE_S) if shape.silent else AGAIN_S
