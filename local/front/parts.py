"""What a viewer gets of a kept answer: all of it, a part (RFC 9110, ranges), or word that nothing has changed. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.front.store import Stored

OK, PARTIAL, NOT_MODIFIED, UNSATISFIABLE = 200, 206, 304, 416
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True)
class Answer:
    """What is sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def answer_to(request: Mapping[str, str], kept: Stored) -> Answer:
    """The answer to a GET with these headers (names in small letters)."""
    if kept.status != OK:
        return Answer(kept.status, kept.headers, kept.body)
    if _is_known(request, kept):
        bare = {name: value for name, value in kept.headers.items() if name not in {"content-type", "content-length"}}
        return Answer(NOT_MODIFIED, bare, b"")
    headers = {**kept.headers, "accept-ranges": "bytes"}
    wanted = _wanted(request.get("range", ""))
    if wanted is None or not _is_same(request, kept):
        return Answer(OK, headers, kept.body)
    return _part(headers, kept.body, *wanted)


def _wanted(text: str) -> tuple[str, str] | None:
    """First and last byte as they were written; None for what is no single range, which counts as not being said."""
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    first, last = found.groups()
    backwards = bool(first and last) and int(last) < int(first)
    return None if backwards or not first + last else (first, last)


def _part(headers: Mapping[str, str], body: bytes, first: str, last: str) -> Answer:
    size = len(body)
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    if start >= min(size, stop):
        return Answer(UNSATISFIABLE, {**headers, "content-range": f"bytes */{size}"}, b"")
    part = {**headers, "content-range": f"bytes {start}-{stop - 1}/{size}"}
    return Answer(PARTIAL, part, body[start:stop])


def _is_known(request: Mapping[str, str], kept: Stored) -> bool:
    """Whether the viewer has it already: by its tag, or where it names none by its date."""
    tags = request.get("if-none-match")
    if tags is not None:
        named = {each.strip().removeprefix("W/") for each in tags.split(",")}
        return "*" in named or kept.headers.get("etag", "").removeprefix("W/") in named
    since = request.get("if-modified-since")
    return since is not None and since == kept.headers.get("last-modified")


def _is_same(request: Mapping[str, str], kept: Stored) -> bool:
    """Whether a part continues what the viewer has: `If-Range` names it, or nothing is named."""
    known = request.get("if-range")
    return known is None or known in {kept.headers.get("etag"), kept.headers.get("last-modified")}
