"""Step of the media state machine for images: the forms that one is shown in, under paths that nobody knows yet."""

from __future__ import annotations

from typing import Any

import msgspec

from chat import log, media
from chat.aws import media_store, published_media


@log.invocations
def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`{"key", "inspected"}` in; `{"upload", "media"}` out. Safe to repeat. Raises `MediaError`."""
    record = media_store.in_work(media.media_of(event["key"]))
    shown = published_media.publish(
        record.upload(), media_store.bucket().read(event["key"], event["inspected"]["stamp"])
    )
    return {"upload": record.media, "media": msgspec.to_builtins(shown)}
