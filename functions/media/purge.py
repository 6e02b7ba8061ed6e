"""A queue of `MessageDeleted` events: what stood beside a message goes after it, its image from every cache too.

That it is gone is noted first, where a restore of the tables finds it.
"""

from __future__ import annotations

from typing import Any

from chat import erasures, events, log, media
from chat.aws import batches, edge_cache, files, media_store, wiring
from chat.erasures import ErasedMessage


@log.invocations
def handle(event: batches.Event, _context: object) -> dict[str, Any]:
    """Repeated events find nothing left to remove. Caches are told once for all; if that fails, all come again."""
    removed: list[str] = []
    answer = batches.answer(event, lambda record: removed.extend(_purge(record)))
    if removed:
        edge_cache.purging().forget(removed)
    return answer


def _purge(record: dict[str, Any]) -> list[str]:
    """The keys of what is not shown any more."""
    deleted = events.decode(record["body"])
    if not isinstance(deleted, events.MessageDeleted):
        raise TypeError(f"a {deleted.__class__.__name__} is for somebody else")
    erasures.note(files.files(), ErasedMessage(deleted.room, deleted.seq, deleted.what), deleted.changed_at_ms)
    wiring.reactions().clear(deleted.room, deleted.seq)
    if not deleted.media:
        return []
    media.remove(files.files(), deleted.media, deleted.objects)
    media_store.uploads().forget(deleted.media)
    return list(deleted.objects)
