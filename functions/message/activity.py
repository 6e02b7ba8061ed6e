"""A queue of `MessagePosted` events: keeps the preview that lists of rooms show, away from the hot path."""

from __future__ import annotations

from typing import Any

from chat import events, log
from chat.aws import batches, wiring


@log.invocations
def handle(event: batches.Event, _context: object) -> dict[str, Any]:
    """Repeated and late events change nothing: only a higher number replaces a preview."""
    return batches.answer(event, _show)


def _show(record: dict[str, Any]) -> None:
    happened = events.decode(record["body"])
    preview = events.preview(happened) if isinstance(happened, events.MessagePosted) else None
    if preview:
        wiring.rooms().show_latest(happened.room, preview)
