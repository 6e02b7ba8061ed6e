"""A queue of all events: a delivery for each webhook that one is for, to be sent on its own."""

from __future__ import annotations

from typing import Any

from chat import log
from chat.aws import batches, webhooks
from chat.webhooks import routing


@log.invocations
def handle(event: batches.Event, _context: object) -> dict[str, Any]:
    """Up to 100 events at once, which those webhooks that take several get together."""
    return batches.answer_together(event, lambda bodies: routing.route(webhooks.router(), bodies))
