"""The delivery queue, worked off: each body's own order, and what waits for the same connections at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Sequence
from functools import partial

import msgspec

from chat import bursts, delivery, mentions
from chat.delivery import Delivery, reviews
from chat.delivery.orders import Order, Review, Tick, decode
from chat.services import Deliveries

logger = logging.getLogger(__name__)


def work_off(desk: Deliveries, bodies: Sequence[bytes]) -> list[bool]:
    """Does what the bodies ask for; of each whether it was done. Never raises.

    Frames for the same part of a room go out together, and fail together; all others stand alone.
    """
    done = [False] * len(bodies)
    for places, order in _grouped(bodies):
        try:
            order(desk)
        except Exception:
            logger.exception("bodies of the delivery queue failed", extra={"bodies": len(places)})
        else:
            for at in places:
                done[at] = True
    return done


def _grouped(bodies: Sequence[bytes]) -> list[tuple[list[int], Callable[[Deliveries], None]]]:
    """What is to be done, in the order in which it came, each with the places of its bodies."""
    places: dict[Hashable, list[int]] = {}
    orders: dict[Hashable, list[Order]] = {}
    for at, body in enumerate(bodies):
        try:
            order = decode(body)
        except msgspec.MsgspecError:
            logger.exception("no body of the delivery queue")
            continue
        together = _part_of(order) or at
        places.setdefault(together, []).append(at)
        orders.setdefault(together, []).append(order)
    return [(places[together], partial(_carry_out, orders=held)) for together, held in orders.items()]


def _part_of(order: Order) -> Hashable:
    """The part of a room's shard that an order is for, or the window that it ends; None where it stands alone."""
    match order:
        case Delivery(room=room, shard=int(shard), after=after):
            return room, shard, after
        case Tick(room=room, until_ms=until_ms, again=again):
            return room, "tick", until_ms, again
    return None


def _carry_out(desk: Deliveries, orders: list[Order]) -> None:
    match orders[0]:
        case Tick() as tick:
            bursts.carry_out(desk, tick)
        case Review() as review:
            reviews.carry_out(desk, review)
        case Delivery(members_behind=str()) as order:
            mentions.carry_out(desk.fanout, desk.members, order)
        case _:
            delivery.carry_out(desk.fanout, [order for order in orders if isinstance(order, Delivery)])
