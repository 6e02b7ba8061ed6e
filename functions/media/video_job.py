"""Step of the media state machine for videos, where MediaConvert converts them: what it is to be asked for."""

from __future__ import annotations

from typing import Any

import msgspec

from chat import log, media, shown_media
from chat.aws import media_store
from chat.media_facts import Facts
from chat.recordings import mediaconvert


@log.invocations
def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`{"key", "inspected"}` in; `{"upload", "settings"}` of the job out. Changes nothing. Raises `MediaError`."""
    record = media_store.in_work(media.media_of(event["key"]))
    bucket = f"s3://{media_store.bucket().name}/"
    folder = shown_media.folder_of(record.room, record.media)
    facts = msgspec.convert(event["inspected"], Facts)
    settings = mediaconvert.settings_of(bucket + event["key"], bucket + folder, facts)
    return {"upload": record.media, "settings": settings}
