"""A queue of `MessagePosted` events: the preview that lists of rooms show, and who is told of it.

Away from the hot path: a sender waits for neither.
"""

from __future__ import annotations

from typing import Any

from chat import activity, events, log
from chat.aws import batches, wiring


@log.invocations
def handle(event: batches.Event, _context: object) -> dict[str, Any]:
    """Repeated and late events replace no preview, which takes a higher number, and tell at most what is known."""
    return batches.answer(event, _show)


def _show(record: dict[str, Any]) -> None:
    happened = events.decode(record["body"])
    preview = events.preview(happened) if isinstance(happened, events.MessagePosted) else None
    if preview:
        wiring.rooms().show_latest(happened.room, preview)
        activity.announce(wiring.activity(), happened.room)
