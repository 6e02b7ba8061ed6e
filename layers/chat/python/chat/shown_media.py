"""How an image stands in its message's row, and what clients are told of it.

A row is paid for by the kilobyte, with every write and read of it, and an image has up to nine variants. Their paths
follow from what they are, so the row has their sizes alone:

    {"id": "Qm9y", "name": "cat.jpg", "hash": "1QcS…", "variants": "480x360 a9210 w14022 j17730;960x720 a28110 …"}

Rows from before there were variants have the image as clients are told of it, and are told as they stand.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from chat.ports import Item
from chat.protocol import Media, Picture, Variant

EXTENSIONS = {"image/avif": "avif", "image/webp": "webp", "image/jpeg": "jpg", "image/png": "png"}
"""Types that images are shown in, and the ending that each is stored under."""

_LETTERS = {"image/avif": "a", "image/webp": "w", "image/jpeg": "j", "image/png": "p"}
_TYPES = {letter: content_type for content_type, letter in _LETTERS.items()}

THUMBNAIL_TYPE = "image/webp"
"""What clients are shown in lists that know of no variants: each image has it."""


MEDIA = "media/"
"""What the keys of everything that is served begin with."""


def folder_of(room: str, media: str) -> str:
    """What the keys of all variants of an image begin with."""
    return f"{MEDIA}{room}/{media}/"


def variant_key(room: str, media: str, longest_px: int, content_type: str) -> str:
    """Where a variant is stored; the site serves it under the same path. Its bytes never change."""
    return f"{folder_of(room, media)}{longest_px}.{EXTENSIONS[content_type]}"


def media_of(media: str, name: str, hash_: str, variants: Sequence[Variant]) -> Media:
    """What clients are told. `variants` are ordered: by size, and in one size the type that everything shows last."""
    thumbnail = next(each for each in variants if each.content_type == THUMBNAIL_TYPE)
    return Media(media, name, _picture(variants[-1]), _picture(thumbnail), hash_, list(variants))


def to_row(media: Media) -> Item:
    """As it is stored, some 250 bytes."""
    if not media.variants:
        whole: Item = msgspec.to_builtins(media)
        return whole
    sizes: dict[str, list[str]] = {}
    for each in media.variants:
        sizes.setdefault(f"{each.width}x{each.height}", []).append(f"{_LETTERS[each.content_type]}{each.size_bytes}")
    variants = ";".join(" ".join([size, *types]) for size, types in sizes.items())
    return {"id": media.id, "name": media.name, "hash": media.hash, "variants": variants}


def from_row(row: Item, room: str) -> Media:
    """The image of a message of that room."""
    if "original" in row:
        return msgspec.convert(row, Media)
    variants = [each for size in row["variants"].split(";") for each in _variants(size, room, row["id"])]
    return media_of(row["id"], row["name"], row["hash"], variants)


def objects_of(media: Media) -> list[str]:
    """The keys of everything that is served of it."""
    pictures: Sequence[Picture | Variant] = media.variants or (media.original, media.thumbnail)
    return [picture.url.removeprefix("/") for picture in pictures]


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
