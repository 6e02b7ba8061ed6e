"""A queue of `MessagePosted` events: keeps the index that `search` finds messages by, away from the hot path."""

from __future__ import annotations

from typing import Any

from chat import events, log, search
from chat.aws import batches, wiring


@log.invocations
def handle(event: batches.Event, _context: object) -> dict[str, Any]:
    """Repeated events write the same rows again."""
    return batches.answer(event, lambda record: search.index(wiring.search_index(), events.decode(record["body"])))
