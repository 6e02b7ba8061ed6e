"""The queue of deliveries to webhooks: signed requests, sent at the same time, and put back until they are taken."""

from __future__ import annotations

from typing import Any

from chat import log
from chat.aws import batches, webhooks
from chat.webhooks import delivery


@log.invocations
def handle(event: batches.Event, _context: object) -> dict[str, Any]:
    """What an endpoint does not take is no failure of this function's; dead letters are what it could not note."""
    return batches.answer_together(event, lambda bodies: delivery.work_off(webhooks.dispatch(), bodies))
