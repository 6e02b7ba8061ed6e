"""Last step of an upload that came to nothing: its record says why, its uploader is told, its bytes go."""

from __future__ import annotations

import json
from typing import Any

from chat import log, media, signals
from chat.aws import media_store, wiring

FAILED = "The image could not be processed; try again."


@log.invocations
def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`{"key", "error": {"Error", "Cause"}}` in, as the state machine caught it. Safe to repeat."""
    upload_id = media.media_of(event["key"])
    reason = _reason(event["error"])
    record = media_store.uploads().find(upload_id)
    if record is not None:
        record.reject(reason)
        media.tell_rejected(wiring.connections(), wiring.sockets(), record.upload(), reason)
    media_store.bucket().discard(event["key"])
    signals.UPLOADS.add(of="rejected" if event["error"]["Error"] == media.MediaError.__name__ else "failed")
    return {"upload": upload_id, "rejected": reason}


def _reason(error: dict[str, str]) -> str:
    """Words for the uploader: those of a `MediaError` are meant for them, those of a fault of ours are not."""
    if error["Error"] != media.MediaError.__name__:
        return FAILED
    return str(json.loads(error["Cause"])["errorMessage"])
