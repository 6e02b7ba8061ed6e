"""How an image, a video, a sound or a document stands in its message's row, and what clients are told of it.

A row is paid for by the kilobyte, with every write and read of it, and a picture has up to nine variants. Their paths
follow from what they are, so the row has their sizes alone:

    {"id": "Qm9y", "name": "cat.jpg", "hash": "1QcS…", "variants": "480x360 a9210 w14022 j17730;960x720 a28110 …"}
    {…, "kind": "video", "duration_ms": 61000, "files": "m1280x720 9210333;h1920x1080 41007112"}

Rows from before there were variants have the image as clients are told of it, and are told as they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from chat.ports import Item
from chat.protocol import Media, MediaFile, MediaKind, Picture, Variant

EXTENSIONS = {"image/avif": "avif", "image/webp": "webp", "image/jpeg": "jpg", "image/png": "png"}
"""Types that images are shown in, and the ending that each is stored under."""

_LETTERS = {"image/avif": "a", "image/webp": "w", "image/jpeg": "j", "image/png": "p"}
_TYPES = {letter: content_type for content_type, letter in _LETTERS.items()}

_TOLD_BESIDE = ("duration_ms", "waveform", "pages")

THUMBNAIL_TYPE = "image/webp"
"""What clients are shown in lists that know of no variants: each image has it."""


MEDIA = "media/"
"""What the keys of everything that is served begin with."""


@dataclass(frozen=True)
class FileForm:
    """A form in which something is played or fetched: its name below the folder, and its type."""

    name: str
    content_type: str


VIDEO_MP4 = FileForm("video.mp4", "video/mp4")
VIDEO_HLS = FileForm("hls.m3u8", "application/vnd.apple.mpegurl")
SOUND_MP4 = FileForm("sound.m4a", "audio/mp4")
DOCUMENT_PDF = FileForm("document.pdf", "application/pdf")
DOCUMENT_TEXT = FileForm("document.txt", "text/plain; charset=utf-8")

_FILE_LETTERS = {"m": VIDEO_MP4, "h": VIDEO_HLS, "s": SOUND_MP4, "d": DOCUMENT_PDF, "t": DOCUMENT_TEXT}
_LETTER_OF_TYPE = {form.content_type: letter for letter, form in _FILE_LETTERS.items()}


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What is told of a video, a sound or a document beside the picture that stands for it. See `Media`."""

    kind: MediaKind
    files: Sequence[MediaFile]
    duration_ms: int | None = None
    waveform: str | None = None
    pages: int | None = None


def folder_of(room: str, media: str) -> str:
    """What the keys of all variants of an image begin with."""
    return f"{MEDIA}{room}/{media}/"


def variant_key(room: str, media: str, longest_px: int, content_type: str) -> str:
    """Where a variant is stored; the site serves it under the same path. Its bytes never change."""
    return f"{folder_of(room, media)}{longest_px}.{EXTENSIONS[content_type]}"


def file_of(room: str, media: str, form: FileForm, size_bytes: int, *, width: int = 0, height: int = 0) -> MediaFile:
    """A file of it in that form, as clients are told of it."""
    return MediaFile(f"/{folder_of(room, media)}{form.name}", form.content_type, size_bytes, width, height)


def media_of(media: str, name: str, hash_: str, variants: Sequence[Variant], beside: Beside | None = None) -> Media:
    """What clients are told. `variants` are ordered: by size, and in one size the type that everything shows last.

    `beside` is None for an image.
    """
    thumbnail = next(each for each in variants if each.content_type == THUMBNAIL_TYPE)
    image = Media(media, name, _picture(variants[-1]), _picture(thumbnail), hash_, list(variants))
    if beside is None:
        return image
    return msgspec.structs.replace(image, **{**vars(beside), "files": list(beside.files)})


def to_row(media: Media) -> Item:
    """As it is stored: some 250 bytes, 100 more for what is no image, and 100 for a waveform."""
    if not media.variants:
        whole: Item = msgspec.to_builtins(media)
        return whole
    sizes: dict[str, list[str]] = {}
    for each in media.variants:
        sizes.setdefault(f"{each.width}x{each.height}", []).append(f"{_LETTERS[each.content_type]}{each.size_bytes}")
    variants = ";".join(" ".join([size, *types]) for size, types in sizes.items())
    row = {"id": media.id, "name": media.name, "hash": media.hash, "variants": variants}
    if media.kind == "image":
        return row
    beside = {"kind": media.kind, "files": ";".join(map(_file_to_row, media.files))}
    told = {name: getattr(media, name) for name in _TOLD_BESIDE}
    return row | beside | {name: value for name, value in told.items() if value is not None}


def from_row(row: Item, room: str) -> Media:
    """What a message of that room shows."""
    if "original" in row:
        return msgspec.convert(row, Media)
    variants = [each for size in row["variants"].split(";") for each in _variants(size, room, row["id"])]
    return media_of(row["id"], row["name"], row["hash"], variants, _beside(row, room) if "kind" in row else None)


def objects_of(media: Media) -> list[str]:
    """The keys of everything that is served of it, but for what a playlist names."""
    pictures: Sequence[Picture | Variant] = media.variants or (media.original, media.thumbnail)
    return [each.url.removeprefix("/") for each in (*pictures, *media.files)]


def _beside(row: Item, room: str) -> Beside:
    files = [_file_from_row(told, room, row["id"]) for told in row["files"].split(";")]
    return Beside(kind=row["kind"], files=files, **{name: row[name] for name in _TOLD_BESIDE if name in row})


def _file_to_row(file: MediaFile) -> str:
    return f"{_LETTER_OF_TYPE[file.content_type]}{file.width}x{file.height} {file.size_bytes}"


def _file_from_row(told: str, room: str, media: str) -> MediaFile:
    dimensions, size_bytes = told[1:].split(" ")
    width, height = map(int, dimensions.split("x"))
    return file_of(room, media, _FILE_LETTERS[told[0]], int(size_bytes), width=width, height=height)


def _variants(size: str, room: str, media: str) -> list[Variant]:
    dimensions, *types = size.split(" ")
    width, height = map(int, dimensions.split("x"))
    variants = []
    for each in types:
        content_type = _TYPES[each[0]]
        key = variant_key(room, media, max(width, height), content_type)
        variants.append(Variant(f"/{key}", content_type, width, height, int(each[1:])))
    return variants


def _picture(variant: Variant) -> Picture:
    return Picture(variant.url, variant.content_type, variant.width, variant.height)
