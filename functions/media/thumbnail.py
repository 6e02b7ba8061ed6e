"""First step of the media state machine: the uploaded bytes become an original and a thumbnail to be served."""

from __future__ import annotations

from typing import Any

import msgspec

from chat import imaging, log, media
from chat.aws import media_store
from chat.media import MAX_UPLOAD_BYTES, MediaError, Upload
from chat.protocol import Media, Picture


@log.invocations
def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`{"key"}` of the uploaded object in; `{"upload", "media"}` out. Safe to repeat. Raises `MediaError`."""
    record = media_store.uploads().find(media.media_of(event["key"]))
    if record is None:
        raise MediaError("Nobody was permitted to upload this.")
    upload = record.upload()
    body = media_store.bucket().read(event["key"])
    if len(body) > MAX_UPLOAD_BYTES:
        raise MediaError("The image has too many bytes.")
    shown = _publish(upload, body, imaging.make_thumbnail(body))
    return {"upload": upload.media, "media": msgspec.to_builtins(shown)}


def _publish(upload: Upload, body: bytes, thumbnail: imaging.Thumbnail) -> Media:
    bucket = media_store.bucket()
    original_key = media.variant_key(upload, "original", thumbnail.original_type)
    thumbnail_key = media.variant_key(upload, "thumbnail", imaging.THUMBNAIL_TYPE)
    bucket.publish(original_key, body, thumbnail.original_type)
    bucket.publish(thumbnail_key, thumbnail.body, imaging.THUMBNAIL_TYPE)
    return Media(
        id=upload.media,
        name=upload.file_name,
        original=Picture(
            f"/{original_key}", thumbnail.original_type, thumbnail.original_width, thumbnail.original_height
        ),
        thumbnail=Picture(f"/{thumbnail_key}", imaging.THUMBNAIL_TYPE, thumbnail.width, thumbnail.height),
    )
