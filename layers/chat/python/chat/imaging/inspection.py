"""What an upload really is. Trusts the bytes only: neither the name nor the type that a client gave."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, UnidentifiedImageError

from chat.media import MediaError
from chat.media_facts import Facts

MAX_PIXELS = 50_000_000
"""More than any phone's camera; decoded that is 200 MB, within the function's memory."""

MAX_FRAMES = 300
"""Of an animation: half a minute at ten a second."""

MAX_FRAME_PIXELS = 400_000_000
"""Of all frames together: decoding them takes some four seconds."""

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif", "AVIF": "image/avif"}
"""What is decoded, and nothing else: each of Pillow's decoders is one more that has to be trusted."""

_SEVERAL_IN_A_JPEG = "MPO"
"""A JPEG with more pictures behind the first, as phones write depth and brightness."""

_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})

_MARKUP = (b"<html", b"<script", b"<svg", b"<!doctype", b"<iframe", b"<?php")
_MARKUP_WITHIN = 4096
"""Bytes at both ends that are searched for markup. Compressed data in between has such letters by chance."""

_PDF_WITHIN = 1024
"""Readers of PDF files look for their beginning this far."""


def inspect(body: bytes) -> Facts:
    """Looks at the header of each frame. Raises `MediaError` for what is no image, too large, or something else too."""
    with opened(body) as image:
        _refuse_polyglots(body)
        return facts_of(image)


@contextmanager
def opened(body: bytes) -> Iterator[Image.Image]:
    """The image, its limits checked; what goes wrong with it inside of the block is a `MediaError` too."""
    if body[4:8] == b"ftyp" and body[8:12] in _HEIF_BRANDS:
        raise MediaError("HEIC images are not taken: send it as JPEG.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(body), formats=list(FORMATS)) as image:
                _refuse_bombs(image)
                yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise MediaError("The image has too many pixels.") from bomb
    except UnidentifiedImageError as unknown:
        raise MediaError("This is not a JPEG, PNG, WebP, GIF or AVIF image.") from unknown
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError) as broken:  # the last is the AVIF decoder's
        raise MediaError("The image is damaged.") from broken


def facts_of(image: Image.Image) -> Facts:
    """Of an opened image."""
    content_type = FORMATS.get(str(image.format), FORMATS["JPEG"])
    return Facts(content_type, image.width, image.height, frames_of(image))


def frames_of(image: Image.Image) -> int:
    """1 for what is no animation, as the pictures behind a photo are none."""
    return 1 if image.format == _SEVERAL_IN_A_JPEG else int(getattr(image, "n_frames", 1))


def _refuse_bombs(image: Image.Image) -> None:
    pixels = image.width * image.height
    if pixels > MAX_PIXELS:
        raise MediaError("The image has too many pixels.")
    frames = frames_of(image)
    if frames > MAX_FRAMES:
        raise MediaError(f"The animation has more than {MAX_FRAMES} frames.")
    if frames * pixels > MAX_FRAME_PIXELS:
        raise MediaError("The animation has too many pixels.")


def _refuse_polyglots(body: bytes) -> None:
    """An image that is a page, a document or an archive at the same time was made to be taken for one.

    No such bytes are ever served; a scanner, or whoever is given the upload, should not meet them either.
    """
    ends = (body[:_MARKUP_WITHIN] + b"\n" + body[-_MARKUP_WITHIN:]).lower()
    pdf = b"%PDF-" in body[:_PDF_WITHIN]
    if pdf or any(markup in ends for markup in _MARKUP) or zipfile.is_zipfile(io.BytesIO(body)):
        raise MediaError("The image has something else in it than an image.")
