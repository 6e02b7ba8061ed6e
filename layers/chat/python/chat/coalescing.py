"""What one function instance has just done, so that it does not do it again too soon. Pure: callers say the time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

CAPACITY = 10_000
"""Names held by one function instance; the longest unused goes first, and is free again."""


class Intervals:
    """Names that are held until a time of their own."""

    def __init__(self) -> None:
        self._held: OrderedDict[Hashable, int] = OrderedDict()

    def hold(self, name: Hashable, until_ms: int) -> None:
        """Holds the name until then."""
        self._held[name] = until_ms
        self._held.move_to_end(name)
        if len(self._held) > CAPACITY:
            self._held.popitem(last=False)

    def held(self, name: Hashable, now_ms: int) -> bool:
        """Whether the name is held now."""
        return self._held.get(name, 0) > now_ms

    def take(self, name: Hashable, interval_ms: int, now_ms: int) -> bool:
        """Holds a name that is free for `interval_ms` and returns True; False where it is held already."""
        if self.held(name, now_ms):
            return False
        self.hold(name, now_ms + interval_ms)
        return True
