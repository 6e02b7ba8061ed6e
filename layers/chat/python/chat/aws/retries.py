"""How often and how fast a call is tried again: full jitter between tries, and a budget that an outage uses up.

Three retries of everything would multiply the load of a service that is down by four, just when it can't bear it. The
budget is that of AWS' SDKs (their standard retry mode): a retry costs 5 tokens, which its success gives back, a success
at the first try gives one, and there are never more than 500. So an instance starts with 100 retries at hand, and in an
outage it is left with one for five calls that succeed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

BACKOFF_MS = 50
"""The longest first pause between tries, doubled each time."""

LONGEST_BACKOFF_MS = 1_000

CAPACITY = 500
COST = 5


@dataclass
class RetryBudget:
    """What one function instance may still spend on retries of one service."""

    tokens: int = CAPACITY

    def take(self) -> bool:
        """Pays for a retry; False where there is not enough left, and then there is none."""
        if self.tokens < COST:
            return False
        self.tokens -= COST
        return True

    def give(self, *, retried: bool) -> None:
        """Takes note of a success, at the first try or after a retry."""
        self.tokens = min(CAPACITY, self.tokens + (COST if retried else 1))


def pause_s(retry: int) -> float:
    """Seconds to wait before the `retry`-th retry, from 1: anything from nothing to the whole pause."""
    longest_ms = min(LONGEST_BACKOFF_MS, BACKOFF_MS * 2 ** (retry - 1))
    return random.uniform(0, longest_ms) / 1000  # noqa: S311 - jitter, not a secret
