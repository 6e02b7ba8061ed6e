"""The forms that an image is shown in: upright, in sRGB, of three sizes, and without anything that is no pixel.

EXIF with the place and the camera, XMP, comments, thumbnails inside of thumbnails: none of it is copied, because each
variant is encoded from a canvas that never had any. What was uploaded is never served.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps, ImageSequence

from chat.imaging import thumbhash
from chat.imaging.inspection import frames_of, opened

LONGEST_PX = (480, 960, 2048)
"""Longest sides of variants: a bubble in a list at twice its size, a telephone's screen, a large one's."""

ANIMATED_PX = LONGEST_PX[:2]

MAX_ANIMATED_PIXELS = 50_000_000
"""Of all frames of a variant together, but for the smallest one: 200 MB, and two seconds of a core to encode."""

UNTIMED_MS = 100
"""How long a frame lasts that does not say so, as in browsers."""

AVIF, WEBP, JPEG, PNG = "image/avif", "image/webp", "image/jpeg", "image/png"

_ENCODERS: dict[str, Callable[[Image.Image, io.BytesIO], None]] = {
    # Speed 6 takes twice the time of 8 for a tenth fewer bytes. The function has one core: one thread.
    AVIF: lambda image, file: image.save(file, "AVIF", quality=60, speed=8, max_threads=1),
    WEBP: lambda image, file: image.save(file, "WEBP", quality=80, method=4),
    JPEG: lambda image, file: image.save(file, "JPEG", quality=82, progressive=True, optimize=True),
    PNG: lambda image, file: image.save(file, "PNG"),
}


@dataclass(frozen=True)
class Encoded:
    """One variant: its bytes, and what a client is told of them. Sizes are in pixels."""

    content_type: str
    width: int
    height: int
    body: bytes


@dataclass(frozen=True)
class Variants:
    """Of one image, the smallest first; of one size the type that compresses best first. `hash` is its ThumbHash."""

    hash: bytes
    encoded: list[Encoded]


@dataclass(frozen=True)
class _Frame:
    canvas: Image.Image
    duration_ms: int


def make_variants(body: bytes) -> Variants:
    """Decodes an upload and encodes it anew: AVIF, WebP, and JPEG, or PNG where it is transparent; WebP if it moves.

    The same bytes give the same variants. None is larger than the upload's pixels. Raises `MediaError`.
    """
    with opened(body) as image:
        return _animate(image) if frames_of(image) > 1 else _still(image)


def _still(image: Image.Image) -> Variants:
    image.draft(None, (LONGEST_PX[-1], LONGEST_PX[-1]))  # lets the JPEG decoder skip detail; others ignore it
    canvas = _canvas(image, LONGEST_PX[-1])
    types = (AVIF, WEBP, PNG) if canvas.mode == "RGBA" else (AVIF, WEBP, JPEG)
    sizes = [_shrunk(canvas, longest) for longest in _ladder(LONGEST_PX, canvas)]
    encoded = [_encode(size, content_type) for size in sizes for content_type in types]
    return Variants(thumbhash.encode(sizes[0]), encoded)


def _animate(image: Image.Image) -> Variants:
    longest, *others = _ladder(ANIMATED_PX, image)
    frames = _frames(image, longest)
    first = frames[0].canvas
    pixels = first.width * first.height * len(frames)
    affordable = [larger for larger in others if pixels * (larger / longest) ** 2 <= MAX_ANIMATED_PIXELS]
    larger_ones = [_encode_frames(_frames(image, larger), image) for larger in affordable]
    return Variants(thumbhash.encode(first), [_encode_frames(frames, image), *larger_ones])


def _frames(image: Image.Image, longest: int) -> list[_Frame]:
    frames = []
    for frame in ImageSequence.Iterator(image):
        canvas = _canvas(frame, longest)  # decodes the frame: a WebP does not know before how long it lasts
        frames.append(_Frame(canvas, frame.info.get("duration", 0) or UNTIMED_MS))
    return frames


def _ladder(sizes: tuple[int, ...], image: Image.Image) -> list[int]:
    """The longest sides that an image has variants of: it is not enlarged, and has none twice."""
    return sorted({min(size, max(image.size)) for size in sizes})


def _canvas(image: Image.Image, longest: int) -> Image.Image:
    """The image, or the frame that it stands at, as a viewer sees it: RGB, or RGBA where something is transparent."""
    profile = image.info.get("icc_profile")
    small = _shrunk(_scalable(image), longest)
    seen = _in_srgb(ImageOps.exif_transpose(small), profile)
    opaque = seen.mode == "RGB" or seen.getchannel("A").getextrema() == (255, 255)
    clean = Image.new("RGB" if opaque else "RGBA", seen.size)
    clean.paste(seen.convert(clean.mode))
    return clean


def _scalable(image: Image.Image) -> Image.Image:
    """In a mode whose pixels can be averaged: no palette, no single bits, and no 16 of them."""
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode.startswith("I"):
        # A plain conversion cuts off what is above 255.
        return image.point(lambda value: value / 256).convert("L")
    return image.convert("RGB") if image.mode in {"1", "P"} else image


def _shrunk(image: Image.Image, longest: int) -> Image.Image:
    """A copy whose longest side is at most that."""
    scale = min(1.0, longest / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours as screens show them without a profile. A profile that is of no use is taken for sRGB, as browsers do."""
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile:
        with suppress(ImageCms.PyCMSError, OSError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
            if converted is not None:
                return converted
    return image.convert(mode)


def _encode(image: Image.Image, content_type: str) -> Encoded:
    file = io.BytesIO()
    _ENCODERS[content_type](image, file)
    return Encoded(content_type, image.width, image.height, file.getvalue())


def _encode_frames(frames: list[_Frame], source: Image.Image) -> Encoded:
    """A WebP that moves as its source does."""
    file = io.BytesIO()
    first, *others = (frame.canvas for frame in frames)
    first.save(
        file,
        "WEBP",
        save_all=True,
        append_images=others,
        duration=[frame.duration_ms for frame in frames],
        loop=source.info.get("loop", 1),  # a GIF that says nothing is played once
        quality=70,
        method=2,
    )
    return Encoded(WEBP, first.width, first.height, file.getvalue())
