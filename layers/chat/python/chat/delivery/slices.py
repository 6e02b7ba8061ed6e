"""A large room, slice by slice: what waits for the same shard is read for once and posted together."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from chat import exposures
from chat.delivery import posting
from chat.delivery.joining import joined, merged
from chat.delivery.orders import Delivery, enqueue
from chat.planning import SLICE
from chat.services import Fanout

SLICES = 20
"""Slices that one body of the queue is worth, well inside the time that the function has; then another goes on."""

BODY_FRAMES_BYTES = 128 * 1024
"""Frames in one body: within SQS' 256 KB, quoted and beside whom they are for."""


def enqueue_shards(
    fanout: Fanout, room: str, shards: int, frames: Sequence[bytes], *, except_connection: str | None
) -> None:
    """Has the frames posted to all of a room's shards. A queue call for ten shards, all at once."""
    parts = _parts(frames)
    enqueue(
        fanout.queue,
        (
            Delivery(
                room=room,
                frame=first.decode(),
                more=[frame.decode() for frame in more],
                shard=shard,
                except_connection=except_connection,
                variants=exposures.current(),
            )
            for first, *more in parts
            for shard in range(shards)
        ),
    )


def carry_out(fanout: Fanout, deliveries: Sequence[Delivery]) -> None:
    """Posts what several bodies have for the same part of the same shard: messages first, in number order.

    A Query a slice, and a post a connection for 32 KB. Done twice, recipients may see a frame twice and drop it by its
    number. Raises `UnavailableError` where all of them should be tried again.
    """
    some = deliveries[0]
    end: str | None = None
    for part in fanout.connections.slices(some.room, some.shard or 0, SLICE, SLICES, after=some.after):
        _post(fanout, part.shard, part.connections, deliveries)
        end = part.end
    if end is not None:
        enqueue(fanout.queue, [msgspec.structs.replace(delivery, after=end) for delivery in deliveries])


def _post(fanout: Fanout, shard: int, connections: Sequence[str], deliveries: Sequence[Delivery]) -> None:
    """Everybody gets all frames but those that came from their own connection."""
    room = deliveries[0].room
    senders = {delivery.except_connection for delivery in deliveries}
    everybody = {name: shard for name in connections if name not in senders}
    posting.post(fanout, room, everybody, _together(deliveries), path="slices")
    for name in connections:
        if name in senders:
            others = [each for each in deliveries if each.except_connection != name]
            posting.post(fanout, room, {name: shard}, _together(others), path="slices")


def _together(deliveries: Sequence[Delivery]) -> list[bytes]:
    """What several bodies have, joined. One body's frames are as they should be already."""
    if len(deliveries) == 1:
        return deliveries[0].frames
    return joined(merged(frame for each in deliveries for frame in each.frames))


def _parts(frames: Sequence[bytes]) -> list[list[bytes]]:
    """The frames in their order, in lists that one body takes."""
    parts: list[list[bytes]] = []
    size_bytes = 0
    for frame in frames:
        if not parts or size_bytes + len(frame) > BODY_FRAMES_BYTES:
            parts.append([])
            size_bytes = 0
        parts[-1].append(frame)
        size_bytes += len(frame)
    return parts
