"""Messages of a room's log, sent to an endpoint once more: with the ids that they had, as they stand now."""

from __future__ import annotations

import msgspec

from chat import events
from chat.errors import InvalidFieldError, RoomNotFoundError
from chat.protocol.fields import RoomId
from chat.storage.messages import VOID, Span
from chat.storage.webhooks import Webhook
from chat.webhooks.office import Registry
from chat.webhooks.registration import note
from chat.webhooks.routing import deliveries_for

MAX_REPLAYED = 1_000
"""Numbers in one request: the next one goes on behind them."""

PAGE = 100


class Range(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which messages: numbers of a room, both included."""

    room: RoomId
    first: int
    last: int


def replay(registry: Registry, operator: str, webhook: Webhook, asked: Range) -> int:
    """Enqueues a delivery of each message in the range; how many there are, numbers that no message took left out.

    A message that was edited comes with its text as it is now, one that was deleted as `kind` `deleted`. Raises
    `InvalidFieldError` and `RoomNotFoundError`. Cost: half a read unit a message, an SQS request for ten.
    """
    _check(webhook, asked)
    if registry.rooms.find(asked.room) is None:
        raise RoomNotFoundError(f"There is no room {asked.room}.")
    found: list[bytes] = []
    after = asked.first - 1
    while after < asked.last:
        excerpt = registry.messages.read(
            asked.room, Span(min(PAGE, asked.last - after), after=after), registry.clock.now_ms()
        )
        if excerpt.last <= after:
            break
        found += [events.message_posted(entry).body for entry in excerpt.entries if entry["kind"] != VOID]
        after = excerpt.last
    deliveries = list(deliveries_for(webhook, found))
    note(registry, "replay", operator, webhook.id, f"{asked.room}, {asked.first} to {asked.last}")
    if deliveries:
        registry.queue.send([msgspec.json.encode(delivery) for delivery in deliveries])
    return len(found)


def _check(webhook: Webhook, asked: Range) -> None:
    if not 1 <= asked.first <= asked.last or asked.last - asked.first >= MAX_REPLAYED:
        raise InvalidFieldError(f"`first` to `last` are 1 to {MAX_REPLAYED:,} numbers of the room.")
    if webhook.disabled:
        raise InvalidFieldError("The webhook is disabled: enable it first.")
    if not webhook.wants(events.MESSAGE_POSTED, asked.room):
        raise InvalidFieldError("The webhook is not told of messages of this room.")
