"""How long the invocation at hand may still take, so that nothing is begun that Lambda would cut off."""

from __future__ import annotations

import time
from typing import Protocol


class Context(Protocol):
    """What Lambda says of an invocation, as far as it matters here."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""


class TimeLeft:
    """The end of the invocation at hand. A function instance has one invocation at a time."""

    def __init__(self) -> None:
        self._ends_at_s: float | None = None

    def begin(self, context: Context) -> None:
        """An invocation has begun."""
        self._ends_at_s = time.monotonic() + context.get_remaining_time_in_millis() / 1000

    def ms(self) -> int | None:
        """Milliseconds until Lambda ends the invocation, 0 at the least; None where nobody has said when."""
        return None if self._ends_at_s is None else max(0, int((self._ends_at_s - time.monotonic()) * 1000))
