"""What CloudFront compresses by itself, and how the answer says so (Developer Guide, "Serve compressed files"). Pure.

Here it is gzip for whoever takes it; CloudFront has Brotli for those that take that, too.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from local.front.parts import OK, Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

LEAST_BYTES, MOST_BYTES = 1_000, 10_000_000

TYPES = frozenset(
    {
        "application/javascript",
        "application/json",
        "application/manifest+json",
        "application/vnd.apple.mpegurl",
        "application/wasm",
        "application/xml",
        "font/otf",
        "font/ttf",
        "image/svg+xml",
        "text/css",
        "text/csv",
        "text/html",
        "text/javascript",
        "text/plain",
        "text/xml",
    }
)
"""Of those that CloudFront compresses, what a site like this one has."""


def compressed(request: Mapping[str, str], answer: Answer) -> Answer:
    """The answer as whoever sent these headers takes it. A part stays as it is, and so does what is small or huge."""
    content_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    fits = LEAST_BYTES <= len(answer.body) <= MOST_BYTES
    if answer.status != OK or content_type not in TYPES or not fits:
        return answer
    varies = {**answer.headers, "vary": "Accept-Encoding"}
    if not takes_gzip(request.get("accept-encoding", "")):
        return Answer(OK, varies, answer.body)
    tag = answer.headers.get("etag", "")
    weak = {"etag": tag if tag.startswith("W/") else f"W/{tag}"} if tag else {}
    bare = {name: value for name, value in varies.items() if name != "accept-ranges"}
    return Answer(OK, {**bare, **weak, "content-encoding": "gzip"}, gzip.compress(answer.body, mtime=0))


def takes_gzip(accepted: str) -> bool:
    """Whether `Accept-Encoding` names gzip, and not with a weight of nothing."""
    for each in accepted.lower().split(","):
        name, _, weight = each.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
