"""What the front keeps: whole answers of the origin, as long as they and the behaviour say. Bounded, the oldest go."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from local.front.distribution import Lifetimes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An answer of the origin."""

    status: int
    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes
    stored_s: float
    """When the origin last said that it is so; with it, age and freshness are told."""
    fresh_s: float

    def is_fresh(self, now_s: float) -> bool:
        """Whether it may be told without asking the origin."""
        return now_s - self.stored_s < self.fresh_s

    def confirmed(self, headers: Mapping[str, str], fresh_s: float, now_s: float) -> Stored:
        """After a 304: the same, with the headers that came with it."""
        return replace(self, headers={**self.headers, **headers}, stored_s=now_s, fresh_s=fresh_s)


class Store:
    """Answers by their path."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[str, Stored] = OrderedDict()
        self._bytes = 0

    def find(self, path: str) -> Stored | None:
        """What is kept of this path, stale or not."""
        if path in self._kept:
            self._kept.move_to_end(path)
        return self._kept.get(path)

    def put(self, path: str, answer: Stored) -> None:
        """Keeps it in place of what was there; what was asked for least lately goes, where there is no room."""
        self._drop(path)
        if answer.fresh_s <= 0 or len(answer.body) > self._most_bytes:
            return
        self._kept[path] = answer
        self._bytes += len(answer.body)
        while self._bytes > self._most_bytes:
            self._drop(next(iter(self._kept)))

    def forget(self, patterns: Sequence[str]) -> None:
        """An invalidation: paths, of which the last character may be `*`."""
        wanted = [re.compile(re.escape(each).replace(r"\*", ".*")) for each in patterns]
        for path in [path for path in self._kept if any(each.fullmatch(path) for each in wanted)]:
            self._drop(path)

    def _drop(self, path: str) -> None:
        dropped = self._kept.pop(path, None)
        if dropped:
            self._bytes -= len(dropped.body)


def freshness_s(headers: Mapping[str, str], lifetimes: Lifetimes) -> int:
    """How long an answer may be told: what caches are told, within the behaviour's bounds.

    `s-maxage` goes before `max-age`; what is private or not to be stored is kept as briefly as the behaviour can.
    """
    said = dict(_directives(headers.get("cache-control", "")))
    if {"no-store", "no-cache", "private"} & said.keys():
        return lifetimes.least
    for name in ("s-maxage", "max-age"):
        if said.get(name, "").isdecimal():
            return max(lifetimes.least, min(int(said[name]), lifetimes.most))
    return lifetimes.unsaid


def _directives(text: str) -> list[tuple[str, str]]:
    pairs = (each.strip().partition("=") for each in text.lower().split(","))
    return [(name, value.strip('"')) for name, _, value in pairs]
