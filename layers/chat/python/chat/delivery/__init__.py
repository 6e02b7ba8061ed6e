"""Fan-out: one frame to everybody who subscribed to a room.

How it goes there says `chat.planning`. A small room is posted to at once, by whoever stored the message. The shards of
a larger one go to the delivery queue, one body each, and are posted slice by slice. In a hot room a message only claims
the window that it is in, and goes out with the others of the window when that ends. What the log of a very large room
has is not posted at all, once its subscribers were told to follow its tail (`chat.tails`). Whatever happens here, the
message is stored: a recipient that missed the frame sees the gap at the next number.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from chat import exposures, signals
from chat.delivery import hot, posting, reviews, slices
from chat.delivery.audience import Audience, Outlook, look, send
from chat.delivery.orders import Delivery
from chat.errors import UnavailableError
from chat.planning import Plan, plan
from chat.services import Fanout

__all__ = ["Delivery", "Outlook", "carry_out", "deliver", "tell_user", "tell_users"]

logger = logging.getLogger(__name__)


def deliver(
    fanout: Fanout,
    room: str,
    frame: bytes,
    *,
    except_connection: str | None = None,
    seq: int | None = None,
    outlook: Outlook | None = None,
    logged: bool = False,
    unless_tailed: bool = False,
) -> bool:
    """Sends the frame to the room's subscribers but `except_connection`, now or through the queue. Never raises.

    `seq` is the number of a message that the frame is about: in a hot room it goes out with others, and to the
    connection it came from as well. `outlook` is of this room, where it was begun. A frame that is `logged` says of a
    message how it stands now: in a hot room that goes out with others, too, once for all changes of a window. Neither
    of them, nor a frame that says `unless_tailed`, goes out where the room is followed by its tail, and False is
    returned.

    Calls: in a small room one Query, that of the outlook where there is one, and a post a recipient. In a large one a
    queue call for ten shards; one Query before it where nothing is remembered of the room. In a hot one a write, and
    for who begins a window two more. In one with a tail none.
    """
    try:
        if seq is not None:
            return _deliver_message(fanout, room, frame, seq, outlook, except_connection=except_connection)
        audience = (_look if logged else look)(fanout, room, except_connection)
        if (logged or unless_tailed) and audience.shape.silent:
            return False
        if logged and audience.hot:
            hot.claim(fanout, room, audience.shape.plan, fanout.clock.now_ms())
        else:
            send(fanout, room, [frame], audience, except_connection=except_connection)
    except UnavailableError:
        logger.exception("message stored but not delivered", extra={"room": room})
        signals.MESSAGES_UNDELIVERED.add(seq is not None)
    return True


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


def carry_out(fanout: Fanout, deliveries: Sequence[Delivery]) -> None:
    """Posts what bodies of the queue have for the same part of a room's shard, or what one has for its connections.

    Raises `UnavailableError` where all of them should be tried again.
    """
    if deliveries[0].shard is None:
        for delivery in deliveries:
            with exposures.scope(delivery.variants):
                posting.retry(fanout, delivery)
    else:
        with exposures.scope(_variants(deliveries)):
            slices.carry_out(fanout, deliveries)


def _variants(deliveries: Sequence[Delivery]) -> list[str]:
    """What all that goes out together has in common: joined frames can't be told apart."""
    first, *others = (delivery.variants for delivery in deliveries)
    return first if all(variants == first for variants in others) else []


def _deliver_message(
    fanout: Fanout, room: str, frame: bytes, seq: int, outlook: Outlook | None, *, except_connection: str | None
) -> bool:
    now_ms = fanout.clock.now_ms()
    audience = _look(fanout, room, except_connection, outlook)
    shape = audience.shape
    signals.FAN_OUT.observe(shape.online if audience.recipients is None else len(audience.recipients))
    planned = _plan(fanout, room, audience, len(frame))
    if planned.tier == "coalesced":
        hot.claim(fanout, room, planned, now_ms)
    elif not shape.silent:
        send(fanout, room, [frame], audience, except_connection=except_connection)
    if planned.busy or shape.plan.busy or audience.recipients is None:
        reviews.begin(fanout, room, shape, now_ms, seq=seq, planned=planned)
    return not shape.silent


def _look(fanout: Fanout, room: str, except_connection: str | None, outlook: Outlook | None = None) -> Audience:
    """As `look`, but nobody of a hot room has to be known: the end of its window looks for them. A tail is for all."""
    known = fanout.connections.shapes.remembered(room, fanout.clock.now_ms())
    if known is not None and known.plan.reviewed:
        return Audience(known, None)
    return look(fanout, room, except_connection, outlook)


def _plan(fanout: Fanout, room: str, audience: Audience, size_bytes: int) -> Plan:
    """What is in force in a tiny room and in one that reviews see to; else what this instance's view of it asks for."""
    shape, recipients = audience.shape, audience.recipients
    if shape.plan.reviewed or audience.tiny:
        return shape.plan
    thresholds = fanout.settings.recall()
    online = max(shape.online, thresholds.direct + 1) if recipients is None else len(recipients)
    rate_per_s = fanout.pace.rate_per_s(room, fanout.clock.now_ms())
    return plan(online, rate_per_s, size_bytes, shape.plan, thresholds)
