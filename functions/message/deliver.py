"""The delivery queue: slices of large rooms, ends of windows, looks at rooms, everybody in a room, second attempts."""

from __future__ import annotations

from typing import Any

from chat import deliveries, log
from chat.aws import batches, wiring
from chat.aws.time_left import Context


@log.invocations
def handle(event: batches.Event, context: Context) -> dict[str, Any]:
    """Bodies that failed are received again, each on its own; after the queue's count of receives they are dead."""
    wiring.time_left().begin(context)
    return batches.answer_together(event, lambda bodies: deliveries.work_off(wiring.delivery_desk(), bodies))
