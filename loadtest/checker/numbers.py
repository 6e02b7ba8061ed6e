"""Sets of numbers that are mostly without holes: a reader's thousand messages are one span."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator


class Numbers:
    """Whole numbers as spans. Adding the next number behind a span costs no memory."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self._firsts, number) - 1
        return at >= 0 and number <= self._lasts[at]

    @property
    def highest(self) -> int:
        """0 where there is none."""
        return self._lasts[-1] if self._lasts else 0

    def add(self, number: int) -> bool:
        """Whether it was missing."""
        at = bisect_right(self._firsts, number) - 1
        if at >= 0 and number <= self._lasts[at]:
            return False
        touches_before = at >= 0 and self._lasts[at] == number - 1
        touches_behind = at + 1 < len(self._firsts) and self._firsts[at + 1] == number + 1
        if touches_before and touches_behind:
            self._lasts[at] = self._lasts.pop(at + 1)
            del self._firsts[at + 1]
        elif touches_before:
            self._lasts[at] = number
        elif touches_behind:
            self._firsts[at + 1] = number
        else:
            self._firsts.insert(at + 1, number)
            self._lasts.insert(at + 1, number)
        return True

    def missing(self, first: int, last: int) -> Iterator[int]:
        """The numbers from `first` to `last` that are not here, ascending."""
        at = max(0, bisect_right(self._firsts, first) - 1)
        number = first
        while number <= last:
            if at < len(self._firsts) and self._firsts[at] <= number:
                number = max(number, self._lasts[at] + 1)
                at += 1
                continue
            until = self._firsts[at] if at < len(self._firsts) else last + 1
            yield from range(number, min(until, last + 1))
            number = until
