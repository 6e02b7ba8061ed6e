"""Third step of the media state machine: the forms that an image is shown in, under paths that nobody knows yet."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from chat import log, media, shown_media
from chat.aws import media_store
from chat.imaging.variants import Encoded, make_variants
from chat.media import MediaError, Upload
from chat.protocol import Variant


@log.invocations
def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`{"key"}` of the uploaded object in; `{"upload", "media"}` out. Safe to repeat. Raises `MediaError`."""
    record = media_store.uploads().find(media.media_of(event["key"]))
    if record is None:
        raise MediaError("The upload was forgotten.")
    upload = record.upload()
    made = make_variants(media_store.bucket().read(event["key"]))
    shown = shown_media.media_of(
        upload.media,
        upload.file_name,
        base64.b64encode(made.hash).decode(),
        [_publish(upload, encoded) for encoded in made.encoded],
    )
    return {"upload": upload.media, "media": msgspec.to_builtins(shown)}


def _publish(upload: Upload, encoded: Encoded) -> Variant:
    longest_px = max(encoded.width, encoded.height)
    key = shown_media.variant_key(upload.room, upload.media, longest_px, encoded.content_type)
    media_store.bucket().publish(key, encoded.body, encoded.content_type)
    return Variant(f"/{key}", encoded.content_type, encoded.width, encoded.height, len(encoded.body))
