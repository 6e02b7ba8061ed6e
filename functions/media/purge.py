"""A queue of `MessageDeleted` events: what stood beside a message goes after it, its image from every cache too."""

from __future__ import annotations

from typing import Any

from chat import events, log, media
from chat.aws import batches, edge_cache, files, media_store, wiring


@log.invocations
def handle(event: batches.Event, _context: object) -> dict[str, Any]:
    """Repeated events find nothing left to remove."""
    return batches.answer(event, _purge)


def _purge(record: dict[str, Any]) -> None:
    deleted = events.decode(record["body"])
    if not isinstance(deleted, events.MessageDeleted):
        raise TypeError(f"a {deleted.__class__.__name__} is for somebody else")
    wiring.reactions().clear(deleted.room, deleted.seq)
    if deleted.media:
        media.purge(files.files(), edge_cache.distribution(), deleted.media, deleted.objects)
        media_store.uploads().forget(deleted.media)
