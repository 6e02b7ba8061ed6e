"""Which of several content types a request's header `Accept` prefers (RFC 9110, 12.5.1). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chat.errors import ChatError


class NotAcceptableError(ChatError):
    """Nothing that the caller takes is what is given here."""

    code, status = "not_acceptable", 406


def preferred(accept: str, offered: Sequence[str]) -> str:
    """The one of `offered` with the highest quality, of equals the first; the first where `accept` is empty.

    `offered` may have parameters, which are not compared. Raises `NotAcceptableError`.
    """
    ranges = dict(_ranges(accept or "*/*"))
    qualities = [_quality(kind.partition(";")[0], ranges) for kind in offered]
    best = max(qualities)
    if best <= 0:
        known = ", ".join(kind.partition(";")[0] for kind in offered)
        raise NotAcceptableError(f"This is given as {known}.")
    return offered[qualities.index(best)]


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    """Each range of types with its quality; one whose quality is no number is left out."""
    for part in filter(None, (part.strip() for part in accept.split(","))):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        told = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        if told.replace(".", "", 1).isdecimal():
            yield kind, min(float(told), 1.0)


def _quality(kind: str, ranges: dict[str, float]) -> float:
    """By the narrowest range that the type is in; 0 where it is in none."""
    narrowing = (kind, f"{kind.partition('/')[0]}/*", "*/*")
    return next((ranges[name] for name in narrowing if name in ranges), 0.0)
