"""Posting frames to connections of a room, and what becomes of each connection that did not take them.

`410` removes that one subscription, by a conditional write, and touches nobody else. Who could not be reached in time
goes to the delivery queue by name.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence

from chat import exposures
from chat.delivery import measuring
from chat.delivery.orders import Delivery, enqueue
from chat.errors import UnavailableError
from chat.ports import Outcome
from chat.services import Fanout

RETRY_DELAY_S = 2
"""Pause before connections that could not be reached are tried again from the queue; each further one is twice as
long.
"""

RETRIES = 5
"""Tries from the queue after 2, 4, 8, 16 and 32 s: an outage of a minute costs readers half of it more at most."""

BODY_CONNECTIONS = 1_000
"""Connections named in one queue body: ~16 KB beside its frames, within SQS' 256 KB."""

logger = logging.getLogger(__name__)


def post(
    fanout: Fanout,
    room: str,
    recipients: Mapping[str, int],
    frames: Sequence[bytes],
    *,
    path: measuring.Path,
    again: int = 0,
) -> None:
    """Sends the frames, in their order, to each connection, given with the shard that its subscription stands in.

    Who can't be reached is tried again from the queue; `again` is how often that was done so far.
    """
    failed = attempt(fanout, room, recipients, frames, path)
    for at, names in failed.items():
        first, *more = (frame.decode() for frame in frames[at:])
        parts = (names[start : start + BODY_CONNECTIONS] for start in range(0, len(names), BODY_CONNECTIONS))
        bodies = [
            Delivery(
                room=room,
                frame=first,
                more=more,
                connections=part,
                shards=[recipients[name] for name in part] if any(recipients[name] for name in part) else [],
                again=again + 1,
                variants=exposures.current(),
            )
            for part in parts
        ]
        enqueue(fanout.queue, bodies, delay_s=RETRY_DELAY_S * 2**again)


def retry(fanout: Fanout, delivery: Delivery) -> None:
    """Tries connections again.

    The last of `RETRIES` fails instead of putting off: the queue gives the body out anew every few minutes, until its
    own count of receives makes it a dead letter.
    """
    shards = delivery.shards or [0] * len(delivery.connections)
    recipients = dict(zip(delivery.connections, shards, strict=True))
    if delivery.again < RETRIES:
        post(fanout, delivery.room, recipients, delivery.frames, path="again", again=delivery.again)
        return
    failed = attempt(fanout, delivery.room, recipients, delivery.frames, "again")
    if failed:
        missed = sum(map(len, failed.values()))
        raise UnavailableError(f"{missed} of {len(recipients)} connections could not be reached")


def attempt(
    fanout: Fanout, room: str, recipients: Mapping[str, int], frames: Sequence[bytes], path: measuring.Path
) -> dict[int, list[str]]:
    """Posts, drops the subscriptions of sockets that are gone, and returns the connections worth another try.

    These are listed under the place of the first frame that they lack: none gets a later one before it.
    """
    left = list(recipients)
    gone: dict[str, int] = {}
    failed: dict[int, list[str]] = defaultdict(list)
    for at, frame in enumerate(frames):
        outcomes = fanout.sockets.post(left, frame) if left else {}
        measuring.posted(frame, outcomes.values(), path, fanout.clock.now_ms())
        for connection, outcome in outcomes.items():
            if outcome is Outcome.GONE:
                gone[connection] = recipients[connection]
            elif outcome is Outcome.FAILED:
                failed[at].append(connection)
        passed_over = {Outcome.GONE, Outcome.FAILED}
        left = [connection for connection in left if outcomes.get(connection) not in passed_over]
    if gone:
        _drop(fanout, room, gone)
    return failed


def _drop(fanout: Fanout, room: str, gone: Mapping[str, int]) -> None:
    try:
        fanout.connections.drop(room, gone)
    except UnavailableError:
        logger.warning("dead subscriptions stay for now", extra={"room": room, "connections": len(gone)})
