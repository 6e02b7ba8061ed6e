"""The delivery queue: slices of large rooms, everybody in a room, connections that could not be reached at once."""

from __future__ import annotations

from typing import Any

from chat import log, mentions
from chat.aws import batches, wiring
from chat.aws.time_left import Context


@log.invocations
def handle(event: batches.Event, context: Context) -> dict[str, Any]:
    """Bodies that failed are received again, each on its own; after the queue's count of receives they are dead."""
    wiring.time_left().begin(context)
    return batches.answer(
        event, lambda record: mentions.carry_out(wiring.fanout(), wiring.members(), record["body"].encode())
    )
