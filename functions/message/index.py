"""A queue of events about messages: keeps what finds them again, by word and by author, away from the hot path."""

from __future__ import annotations

from typing import Any

from chat import events, log, search
from chat.accounts import noting
from chat.aws import batches, wiring


@log.invocations
def handle(event: batches.Event, _context: object) -> dict[str, Any]:
    """Repeated events write the same rows again."""
    return batches.answer(event, _index)


def _index(record: dict[str, Any]) -> None:
    happened = events.decode(record["body"])
    noting.note(wiring.job_office(), happened)
    if isinstance(happened, events.MessagePosted):
        search.index(wiring.search_index(), happened)
