"""Makes the variants of the picture that stands for an upload and stores them. Needs Pillow, and boto3 as its store."""

from __future__ import annotations

import base64

from chat import shown_media
from chat.aws import media_store
from chat.imaging.variants import Encoded, make_variants
from chat.media import Upload
from chat.protocol import Media, Variant
from chat.shown_media import Beside


def publish(upload: Upload, picture: bytes, beside: Beside | None = None) -> Media:
    """What clients are to be told, its picture stored in all variants; `beside` is None for an image.

    Repeated, it stores the same. Raises `MediaError` for a picture that is damaged.
    """
    made = make_variants(picture)
    variants = [_store(upload, encoded) for encoded in made.encoded]
    hash_ = base64.b64encode(made.hash).decode()
    return shown_media.media_of(upload.media, upload.file_name, hash_, variants, beside)


def _store(upload: Upload, encoded: Encoded) -> Variant:
    longest_px = max(encoded.width, encoded.height)
    key = shown_media.variant_key(upload.room, upload.media, longest_px, encoded.content_type)
    media_store.bucket().publish(key, encoded.body, encoded.content_type)
    return Variant(f"/{key}", encoded.content_type, encoded.width, encoded.height, len(encoded.body))
