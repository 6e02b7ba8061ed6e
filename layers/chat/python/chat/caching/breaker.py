"""When a dependency that fails is left alone: closed, open, half open. Pure: callers say the time."""

from __future__ import annotations

from dataclasses import dataclass

FAILURES = 3
"""Failures one after the other that open it."""

FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 1_000, 30_000
"""How long it stays open, doubled with each probe that fails."""


@dataclass
class Breaker:
    """Of one dependency, as one function instance sees it.

    Closed, everything passes. Open, nothing does. After the pause it is half open: one call passes, and what becomes of
    it closes it or opens it for twice as long.
    """

    failures: int = 0
    pause_ms: int = 0
    open_until_ms: int = 0

    @property
    def closed(self) -> bool:
        """Whether nothing is known against the dependency."""
        return self.pause_ms == 0

    def allows(self, now_ms: int) -> bool:
        """Whether a call may be made now; in the half-open state only the first one may, until its outcome is known."""
        if self.closed:
            return True
        if now_ms < self.open_until_ms:
            return False
        self.open_until_ms = now_ms + self.pause_ms
        return True

    def succeed(self) -> bool:
        """A call has succeeded; whether that closed it."""
        was_open = not self.closed
        self.failures = self.pause_ms = self.open_until_ms = 0
        return was_open

    def fail(self, now_ms: int) -> bool:
        """A call has failed; whether it is open now and was closed before."""
        was_closed = self.closed
        self.failures += 1
        if was_closed and self.failures < FAILURES:
            return False
        self.pause_ms = min(LONGEST_PAUSE_MS, 2 * self.pause_ms or FIRST_PAUSE_MS)
        self.open_until_ms = now_ms + self.pause_ms
        return was_closed
