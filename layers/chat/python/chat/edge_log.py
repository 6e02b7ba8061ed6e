"""What CloudFront's logs say of how the stage is served: views, bytes, hits and times, by the part that was asked for.

Nobody's address, user, cookie or query is looked at, and paths only as far as they say which part it is. Format:
Amazon CloudFront Developer Guide, "Standard logging (legacy)": tab-separated lines under a line that names the columns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chat import signals
from chat.signals import Sample

PARTS = ("page", "api", "tail", "image-480", "image-960", "image-2048", "media-other")
"""What is told apart. Each of them is a metric of CloudWatch's bill."""

TYPES = ("avif", "webp", "jpg", "png", "other")
"""Of media, by the ending of its address."""

HITS = frozenset({"Hit", "RefreshHit", "OriginShieldHit"})
SERVER_ERROR = 500
_COLUMNS = ("cs-uri-stem", "sc-bytes", "sc-status", "x-edge-result-type", "time-to-first-byte")
_IMAGE = re.compile(r"/media/[^/]+/[^/]+/(?P<longest>\d+)\.(?P<type>[a-z0-9]+)")


class DamagedLogError(Exception):
    """A file that is no log, or breaks off."""


@dataclass
class Views:
    """What the lines of one file come to. Its size is bounded, however many lines there are."""

    views: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    first_byte_ms: dict[str, Sample] = field(default_factory=dict)
    damaged: int = 0
    """Lines that lack something, or have what is none."""

    def tell(self) -> None:
        """Counts all of it among the stage's signals."""
        tallies = (
            (signals.EDGE_VIEWS, self.views),
            (signals.EDGE_BYTES, self.bytes),
            (signals.EDGE_HITS, self.hits),
            (signals.EDGE_FAILED, self.failed),
            (signals.EDGE_TYPES, self.types),
        )
        for metric, tally in tallies:
            for of, number in tally.items():
                metric.add(number, of=of)
        for part, sample in self.first_byte_ms.items():
            for value in sample.values:
                signals.EDGE_FIRST_BYTE.observe(value, of=part)


def read(lines: Iterable[str]) -> Views:
    """All lines of a file, one after the other. Raises `DamagedLogError` for lines before any that names columns."""
    views, columns = Views(), None
    for line in lines:
        if line.startswith("#"):
            columns = line.removeprefix("#Fields:").split() if line.startswith("#Fields:") else columns
        elif columns is None:
            raise DamagedLogError("no line says which columns there are")
        else:
            _count(views, dict(zip(columns, line.rstrip("\n").split("\t"), strict=False)))
    return views


def part_of(path: str) -> str:
    """What of the stage a path belongs to; an image by its longest side, which is rounded up to one that is made."""
    if path.startswith("/api/tail/"):
        return "tail"
    if path.startswith("/api/"):
        return "api"
    if not path.startswith("/media/"):
        return "page"
    image = _IMAGE.fullmatch(path)
    longest_px = int(image["longest"]) if image else 0
    return next((f"image-{most}" for most in (480, 960, 2048) if 0 < longest_px <= most), "media-other")


def type_of(path: str) -> str:
    """What kind of file a path of media names."""
    ending = path.rpartition(".")[2]
    return ending if ending in TYPES else "other"


def _count(views: Views, line: Mapping[str, str]) -> None:
    try:
        path, size, status, result, first_byte_s = (line[name] for name in _COLUMNS)
        size_bytes, failed, first_byte_ms = int(size), int(status) >= SERVER_ERROR, float(first_byte_s) * 1_000
    except (KeyError, ValueError):
        views.damaged += 1
        return
    part = part_of(path)
    views.views[part] += 1
    views.bytes[part] += size_bytes
    views.hits[part] += result in HITS
    views.failed[part] += failed
    if part.startswith(("image", "media")):
        views.types[type_of(path)] += 1
    views.first_byte_ms.setdefault(part, Sample()).add(first_byte_ms)
