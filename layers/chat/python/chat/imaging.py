"""Pixels: what an upload really is, and its thumbnail. Uses Pillow; knows nothing of storage."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from chat.media import MediaError

THUMBNAIL_PX = 480
"""Longest side of a thumbnail: sharp at twice the size it is shown at."""

MAX_PIXELS = 50_000_000
"""More than any phone's camera; decoded that is 200 MB, within the function's memory."""

THUMBNAIL_TYPE = "image/webp"
QUALITY = 80

_ORIENTATION = 0x0112
_SIDEWAYS = frozenset({5, 6, 7, 8})
"""EXIF orientations that swap width and height."""

_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}


@dataclass(frozen=True)
class Thumbnail:
    """A WebP of at most 480 by 480, and what was learnt of its original. Sizes are in pixels, as a viewer sees them."""

    body: bytes
    width: int
    height: int
    original_type: str
    original_width: int
    original_height: int


def make_thumbnail(body: bytes) -> Thumbnail:
    """Decodes the image, turns it upright and makes it small. Trusts the bytes only. Raises `MediaError`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(body), formats=list(_TYPES)) as image:
                return _shrink(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise MediaError("The image has too many pixels.") from bomb
    except UnidentifiedImageError as unknown:
        raise MediaError("This is not a JPEG, PNG, WebP or GIF image.") from unknown
    except (OSError, ValueError, SyntaxError) as broken:
        raise MediaError("The image is damaged.") from broken


def _shrink(image: Image.Image) -> Thumbnail:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise MediaError("The image has too many pixels.")
    original_type = _TYPES[str(image.format)]
    if image.getexif().get(_ORIENTATION) in _SIDEWAYS:
        width, height = height, width
    image.draft("RGB", (THUMBNAIL_PX * 2, THUMBNAIL_PX * 2))  # lets the JPEG decoder skip detail; others ignore it
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.LANCZOS, reducing_gap=3.0)
    small = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    encoded = io.BytesIO()
    small.save(encoded, "WEBP", quality=QUALITY, method=4)
    return Thumbnail(encoded.getvalue(), small.width, small.height, original_type, width, height)
