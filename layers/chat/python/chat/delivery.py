"""Fan-out: one frame to everybody who subscribed to a room.

Up to `DIRECT` subscribers the frame is posted at once, by whoever stored the message. A larger room's shards go to the
delivery queue, one body each, and are posted slice by slice. A connection that could not be reached in time goes to the
same queue by name. Whatever happens here, the message is stored: a recipient that missed the frame sees the gap at the
next number.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

import msgspec

from chat.errors import UnavailableError
from chat.ports import Outcome
from chat.services import Fanout

DIRECT = 100
"""Subscribers posted to by the sender's own function; 64 sockets at a time, ~2 rounds of a post."""

SLICE = 100
"""Subscribers read and posted to at a time by the delivery function."""

RETRY_DELAY_S = 2
"""Pause before connections that could not be reached are tried again from the queue."""

BODY_CONNECTIONS = 1_000
"""Connections named in one queue body: ~16 KB beside a frame of at most 40 KB, within SQS' 256 KB."""

logger = logging.getLogger(__name__)


class Delivery(msgspec.Struct, frozen=True, omit_defaults=True):
    """A body of the delivery queue: a frame for a shard of a room, or for the connections it names.

    With `members_behind` it is for all members behind that user id but one: see `chat.mentions`.
    """

    room: str
    frame: str
    shard: int | None = None
    connections: list[str] = []
    except_connection: str | None = None
    members_behind: str | None = None
    except_user: str | None = None


def deliver(fanout: Fanout, room: str, frame: bytes, *, except_connection: str | None = None) -> None:
    """Sends the frame to the room's subscribers but `except_connection`, now or through the queue. Never raises.

    Calls: one Query a shard, then a post a recipient, or one queue batch for ten shards.
    """
    try:
        # One more than may be posted to directly, and the sender itself: a page that is full has more behind it.
        slices = fanout.connections.first_slices(room, DIRECT + 2)
        recipients = [name for part in slices for name in part.connections if name != except_connection]
        if len(recipients) <= DIRECT and not any(part.end for part in slices):
            _post(fanout, room, recipients, frame)
        else:
            bodies = (
                Delivery(room=room, frame=frame.decode(), shard=part.shard, except_connection=except_connection)
                for part in slices
                if part.connections
            )
            _enqueue(fanout, bodies)
    except UnavailableError:
        logger.exception("message stored but not delivered", extra={"room": room})


def tell_user(fanout: Fanout, user: str, frame: bytes, *, except_connection: str | None = None) -> None:
    """Sends the frame to the user's open sockets but one, once: what it says can be asked for again. Never raises."""
    try:
        recipients = [name for name in fanout.connections.of_user(user) if name != except_connection]
        if recipients:
            fanout.sockets.post(recipients, frame)
    except UnavailableError:
        logger.warning("user not told", extra={"user": user})


def tell_users(fanout: Fanout, users: Sequence[str], frame: bytes) -> None:
    """Sends the frame to all open sockets of several users, once, and asks for them all at the same time.

    A post a socket. Raises `UnavailableError` where it can't be said who is to be reached.
    """
    recipients = fanout.connections.of_users(users) if users else []
    if recipients:
        fanout.sockets.post(recipients, frame)


def carry_out(fanout: Fanout, body: bytes) -> None:
    """Posts what one body of the delivery queue asks for.

    Done twice, recipients may see the frame twice and drop it by its number. Raises `UnavailableError` for a body that
    should be tried again, `msgspec.MsgspecError` for one that is not a delivery.
    """
    delivery = msgspec.json.decode(body, type=Delivery)
    frame = delivery.frame.encode()
    if delivery.shard is None:
        _retry(fanout, delivery, frame)
        return
    for part in fanout.connections.slices(delivery.room, delivery.shard, SLICE):
        recipients = [name for name in part if name != delivery.except_connection]
        _post(fanout, delivery.room, recipients, frame)


def _post(fanout: Fanout, room: str, recipients: list[str], frame: bytes) -> None:
    failed = _attempt(fanout, room, recipients, frame)
    if failed:
        parts = (failed[at : at + BODY_CONNECTIONS] for at in range(0, len(failed), BODY_CONNECTIONS))
        bodies = (Delivery(room=room, frame=frame.decode(), connections=part) for part in parts)
        _enqueue(fanout, bodies, delay_s=RETRY_DELAY_S)


def _retry(fanout: Fanout, delivery: Delivery, frame: bytes) -> None:
    """The queue's own count of receives ends this: past it, the body is a dead letter."""
    failed = _attempt(fanout, delivery.room, delivery.connections, frame)
    if failed:
        raise UnavailableError(f"{len(failed)} of {len(delivery.connections)} connections could not be reached")


def _attempt(fanout: Fanout, room: str, recipients: list[str], frame: bytes) -> list[str]:
    """Posts, drops the subscriptions of sockets that are gone, and returns the connections worth another try."""
    outcomes = fanout.sockets.post(recipients, frame) if recipients else {}
    for connection, outcome in outcomes.items():
        if outcome is Outcome.GONE:
            _drop(fanout, connection, room)
    return [connection for connection, outcome in outcomes.items() if outcome is Outcome.FAILED]


def _drop(fanout: Fanout, connection: str, room: str) -> None:
    try:
        fanout.connections.drop(connection, room)
    except UnavailableError:
        logger.warning("dead subscription stays for now", extra={"room": room, "connection": connection})


def _enqueue(fanout: Fanout, bodies: Iterable[Delivery], *, delay_s: int = 0) -> None:
    fanout.queue.send([msgspec.json.encode(body) for body in bodies], delay_s=delay_s)
