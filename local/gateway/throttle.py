"""The token bucket by which API Gateway throttles. Pure: the caller brings the clock."""

from __future__ import annotations


class TokenBucket:
    """Refills `rate` tokens a second up to `burst`; starts full. A rate of infinity never throttles."""

    __slots__ = ("_burst", "_rate", "_refilled_at_s", "_tokens")

    def __init__(self, rate: float, burst: float, now_s: float) -> None:
        """`now_s` is any monotonic clock in seconds, the same one that `take` gets."""
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._refilled_at_s = now_s

    def take(self, now_s: float) -> bool:
        """Takes one token, or says False and takes nothing."""
        elapsed_s = now_s - self._refilled_at_s
        if elapsed_s > 0:
            self._tokens = min(self._burst, self._tokens + elapsed_s * self._rate)
            self._refilled_at_s = now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
