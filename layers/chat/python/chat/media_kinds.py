"""The kinds of files that a room may be sent, and how large each may be. Pure.

What a client says that a file is decides which kind's limit holds for it; what the bytes are is looked at later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chat.errors import TooLargeError, UnsupportedTypeError

MIB = 1024 * 1024


@dataclass(frozen=True)
class MediaKind:
    """Files that are processed alike. `types` are the content types that a client may declare."""

    name: str
    types: tuple[str, ...]
    max_bytes: int
    """The most that the kind's functions can work with; a stage may take less."""


IMAGE = MediaKind("image", ("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"), 10 * MIB)

VIDEO = MediaKind("video", ("video/mp4", "video/quicktime", "video/webm"), 1024 * MIB)
AUDIO = MediaKind(
    "audio",
    (
        *("audio/mp4", "audio/x-m4a", "audio/mpeg", "audio/ogg", "audio/webm"),
        *("audio/wav", "audio/x-wav", "audio/flac", "audio/x-flac"),
    ),
    200 * MIB,
)
"""Several names that browsers give one format. What is recorded in a browser is WebM, Ogg or MP4."""

TEXT_TYPES = ("text/plain", "text/csv", "text/markdown")
"""Nothing in its bytes says that a text is one: it is taken for one where its uploader says so, and it reads as one."""

DOCUMENT = MediaKind("document", ("application/pdf", *TEXT_TYPES), 50 * MIB)

KINDS = (IMAGE, VIDEO, AUDIO, DOCUMENT)
"""All that is taken: whatever stands here has functions that make a message of it."""


def kind_of(content_type: str) -> MediaKind:
    """The kind that a content type belongs to. Raises `UnsupportedTypeError`, naming what is taken."""
    for kind in KINDS:
        if content_type in kind.types:
            return kind
    taken = ", ".join(each for kind in KINDS for each in kind.types)
    raise UnsupportedTypeError(f"Taken are {taken}.")


def check_size(kind: MediaKind, size_bytes: int, limits: Mapping[str, int]) -> None:
    """Raises `TooLargeError` for more bytes than the stage takes of this kind; `limits` are in bytes, by kind."""
    most = limits[kind.name]
    if size_bytes > most:
        raise TooLargeError(f"Of the kind {kind.name} files have up to {most:,} bytes here.")


def parse_limits(text: str) -> dict[str, int]:
    """The most bytes of each kind, out of `image=5 …` in MiB; kinds that are not named keep their own most.

    Raises ValueError for a kind that is none, named twice, or given more than its functions can work with.
    """
    limits = {kind.name: kind.max_bytes for kind in KINDS}
    named = [each.partition("=") for each in text.replace(",", " ").split()]
    if len({name for name, _, _ in named}) < len(named):
        raise ValueError("a kind is named twice")
    for name, _, mib in named:
        most = limits.get(name)
        if most is None:
            raise ValueError(f"{name!r} is no kind; there are {', '.join(limits)}")
        if not mib.isdecimal() or not 0 < int(mib) * MIB <= most:
            raise ValueError(f"{name} is 1 to {most // MIB} MiB")
        limits[name] = int(mib) * MIB
    return limits
