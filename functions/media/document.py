"""Step of the media state machine for documents: a picture of the first page or lines, and the document to be fetched.

It is the one kind whose uploaded bytes are served: as an attachment, which browsers save and do not open.
"""

from __future__ import annotations

from typing import Any

import msgspec

from chat import log, media, shown_media
from chat.aws import media_store, published_media
from chat.imaging import pages, texts
from chat.shown_media import DOCUMENT_PDF, DOCUMENT_TEXT, Beside


@log.invocations
def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`{"key", "inspected"}` in; `{"upload", "media"}` out. Safe to repeat. Raises `MediaError`."""
    record = media_store.in_work(media.media_of(event["key"]))
    upload, bucket = record.upload(), media_store.bucket()
    body = bucket.read(event["key"], event["inspected"]["stamp"])
    is_text = event["inspected"]["content_type"] == "text/plain"
    form = DOCUMENT_TEXT if is_text else DOCUMENT_PDF
    file = shown_media.file_of(upload.room, upload.media, form, len(body))
    beside = Beside(kind="document", files=[file], pages=event["inspected"]["pages"] or None)
    picture = texts.first_lines(body) if is_text else pages.first_page(body)
    shown = published_media.publish(upload, picture, beside)
    bucket.offer(file.url.removeprefix("/"), body, file.content_type)
    return {"upload": upload.media, "media": msgspec.to_builtins(shown)}
