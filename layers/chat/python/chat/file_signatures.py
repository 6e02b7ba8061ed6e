"""Which kind of file its first bytes say that it is. Looks no further, and trusts neither name nor declared type."""

from __future__ import annotations

from dataclasses import dataclass
from io import RawIOBase
from typing import BinaryIO, Literal

HEAD_BYTES = 64
"""As many of the first bytes as are asked for here."""

File = BinaryIO | RawIOBase
"""What is read and sought in."""

Family = Literal["image", "recording", "document"]


@dataclass(frozen=True)
class Signature:
    """What reads the file: `demuxer` is FFmpeg's name for the container of a recording, None for all else."""

    family: Family
    demuxer: str | None = None


IMAGE = Signature("image")
DOCUMENT = Signature("document")
ISO_MEDIA = Signature("recording", "mov")
MATROSKA = Signature("recording", "matroska")
MP3 = Signature("recording", "mp3")
OGG = Signature("recording", "ogg")
WAV = Signature("recording", "wav")
FLAC = Signature("recording", "flac")

_STILL_BRANDS = frozenset(
    {b"avif", b"avis", b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"},
)
"""Brands of ISO base media files that are images (registration authority mp4ra.org)."""

_ATOMS = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip"})
"""What a QuickTime file begins with that has no `ftyp`."""

_STARTS = (
    (b"%PDF-", DOCUMENT),
    (b"\x1a\x45\xdf\xa3", MATROSKA),
    (b"OggS", OGG),
    (b"fLaC", FLAC),
    (b"ID3", MP3),
)


def signature_of(head: bytes) -> Signature:
    """Of the first `HEAD_BYTES`. What is nothing known is left to the decoders of images, which refuse it."""
    for start, signature in _STARTS:
        if head.startswith(start):
            return signature
    if head[4:8] == b"ftyp":
        return IMAGE if head[8:12] in _STILL_BRANDS else ISO_MEDIA
    if head[4:8] in _ATOMS:
        return ISO_MEDIA
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return WAV
    return MP3 if _is_mpeg_audio(head) else IMAGE


def demuxer_of(file: File) -> str:
    """What reads this recording, which was inspected before. Leaves the file at its beginning."""
    demuxer = signature_of(file.read(HEAD_BYTES) or b"").demuxer
    file.seek(0)
    if demuxer is None:
        raise ValueError("not a recording")
    return demuxer


def _is_mpeg_audio(head: bytes) -> bool:
    """Eleven bits of ones, then a version and a layer that exist (ISO 11172-3, 2.4.1.3). A JPEG has FF D8."""
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:  # noqa: PLR2004 - bits of the header
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    return version != 1 and layer == 1
