"""First step of the media state machine: one run takes the upload, and looks at what the bytes are."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from chat import log, media
from chat.aws import media_store, wiring
from chat.imaging import inspection
from chat.media import MAX_UPLOAD_BYTES, MediaError


@log.invocations
def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`{"key", "execution"}` in, the upload, its room and what its bytes are out. Safe to repeat within one execution.

    Raises `TakenError` in any other one, `MediaError` for bytes that are no image or not those that were promised.
    """
    record = media_store.uploads().find(media.media_of(event["key"]))
    if record is None:
        raise MediaError("Nobody was permitted to upload this.")
    record.take(event["execution"], wiring.clock().now_ms())
    body = media_store.bucket().read(event["key"])
    if len(body) > MAX_UPLOAD_BYTES:
        raise MediaError("The image has too many bytes.")
    media.check_arrived(record.upload(), body)
    return {"upload": record.media, "room": record.room, **asdict(inspection.inspect(body)), "size_bytes": len(body)}
