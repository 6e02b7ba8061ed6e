"""Last step of an upload that came to nothing: its record says why, its uploader is told, its bytes go."""

from __future__ import annotations

from typing import Any

from chat import log, media
from chat.aws import media_store, wiring

FAILED = "The image could not be processed; try again."


@log.invocations
def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`{"key", "reason"}` in, the reason None where a step failed past its retries. Safe to repeat."""
    upload_id = media.media_of(event["key"])
    reason = event.get("reason") or FAILED
    record = media_store.uploads().find(upload_id)
    if record is not None:
        record.reject(reason)
        media.tell_rejected(wiring.fanout(), record.upload(), reason)
    media_store.bucket().discard(event["key"])
    return {"upload": upload_id, "rejected": reason}
