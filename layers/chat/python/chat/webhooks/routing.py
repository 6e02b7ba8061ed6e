"""From the topic to the endpoints: which of them an event is for, and a delivery for each of them in the queue.

A delivery is for one endpoint and has one event, or up to `MAX_EVENTS` where the endpoint asked for several at once. So
an endpoint that is slow or gone holds up nobody else's.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

import msgspec

from chat import events
from chat.errors import UnavailableError
from chat.storage.webhooks import Webhook
from chat.webhooks.office import Router

MAX_EVENTS = 100
MAX_BYTES = 200_000
"""Of a delivery's events together: a body of the queue has 256 KB at most."""

logger = logging.getLogger(__name__)


class Delivery(msgspec.Struct, frozen=True):
    """A body of the queue of deliveries. `attempt` counts from 1 and is made at `due_at_ms`, not before."""

    webhook: str
    events: list[msgspec.Raw]
    attempt: int = 1
    due_at_ms: int = 0


def route(router: Router, bodies: Sequence[bytes]) -> list[bool]:
    """Enqueues deliveries of the events; says for each body, in order, whether it was done with.

    One that is no event fails alone. A repeat sends again, with the same ids. Cost: a read of the endpoints every 5 s,
    and an SQS request for ten deliveries.
    """
    told = [_decoded(body) for body in bodies]
    happened = [(event, body) for event, body in zip(told, bodies, strict=True) if event is not None]
    deliveries = [
        delivery
        for webhook in router.endpoints.known().values()
        for delivery in deliveries_for(
            webhook, [body for event, body in happened if webhook.wants(_name(event), event.room)]
        )
    ]
    try:
        if deliveries:
            router.queue.send([msgspec.json.encode(delivery) for delivery in deliveries])
    except UnavailableError:
        logger.exception("events not routed", extra={"events": len(happened)})
        return [False] * len(bodies)
    return [event is not None for event in told]


def deliveries_for(webhook: Webhook, bodies: Sequence[bytes]) -> Iterator[Delivery]:
    """Events in their order, in as many deliveries as the endpoint takes them in."""
    most = MAX_EVENTS if webhook.batch else 1
    held: list[msgspec.Raw] = []
    size_bytes = 0
    for body in bodies:
        if held and (len(held) == most or size_bytes + len(body) > MAX_BYTES):
            yield Delivery(webhook.id, held)
            held, size_bytes = [], 0
        held.append(msgspec.Raw(body))
        size_bytes += len(body)
    if held:
        yield Delivery(webhook.id, held)


def _decoded(body: bytes) -> events.AnyEvent | None:
    try:
        return events.decode(body)
    except msgspec.MsgspecError:
        logger.exception("not an event")
        return None


def _name(event: events.AnyEvent) -> str:
    return str(event.__struct_config__.tag)
