"""Token buckets of one function instance, by name. Pure: whoever calls says what time it is."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

CAPACITY = 10_000
"""Buckets kept by one function instance; the longest unused goes first, and is full when it comes again."""

_MILLI = 1_000
"""A token in the unit that is counted: at 1 token a second, a millisecond brings one of these."""


@dataclass
class _Bucket:
    level_milli: int
    filled_at_ms: int


class TokenBuckets:
    """A bucket for each name, full at first, of `burst` tokens that come back at `rate_per_s`."""

    def __init__(self, rate_per_s: int, burst: int) -> None:
        self.rate_per_s = rate_per_s
        self.burst = burst
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._first = (rate_per_s, burst)

    def change(self, rate_per_s: int | None, burst: int | None) -> None:
        """From now on by these; None: what it was made with. A bucket that has more than `burst` in it loses that."""
        self.rate_per_s = self._first[0] if rate_per_s is None else rate_per_s
        self.burst = self._first[1] if burst is None else burst

    def take(self, name: str, cost: int, now_ms: int) -> int:
        """Takes `cost` tokens and returns 0; or takes none and returns the ms until there are as many.

        What costs more than a bucket holds takes a full one.
        """
        bucket = self._filled(name, now_ms)
        missing_milli = min(cost, self.burst) * _MILLI - bucket.level_milli
        if missing_milli > 0:
            return -(-missing_milli // self.rate_per_s)
        bucket.level_milli = -missing_milli
        return 0

    def _filled(self, name: str, now_ms: int) -> _Bucket:
        bucket = self._buckets.setdefault(name, _Bucket(self.burst * _MILLI, now_ms))
        self._buckets.move_to_end(name)
        if len(self._buckets) > CAPACITY:
            self._buckets.popitem(last=False)
        gained_milli = max(0, now_ms - bucket.filled_at_ms) * self.rate_per_s
        bucket.level_milli = min(self.burst * _MILLI, bucket.level_milli + gained_milli)
        bucket.filled_at_ms = now_ms
        return bucket
