"""The delivery queue: slices of large rooms, and connections that could not be reached at once."""

from __future__ import annotations

from typing import Any

from chat import delivery, log
from chat.aws import batches, wiring


@log.invocations
def handle(event: batches.Event, _context: object) -> dict[str, Any]:
    """Bodies that failed are received again, each on its own; after the queue's count of receives they are dead."""
    return batches.answer(event, lambda record: delivery.carry_out(wiring.fanout(), record["body"].encode()))
