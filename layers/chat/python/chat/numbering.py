"""The numbers of a room, in epochs: so that Regions which cannot hear each other never give the same one.

Whoever numbers a stage's rooms does so in an epoch, and each epoch has one Region that may. Epoch E has the numbers
from E · 10⁹ + 1 to (E + 1) · 10⁹, given one after the other. So numbers grow over epochs, have no holes within one, and
what one Region has given unheard of is never what another one gives. Epoch 0 begins at 1: a stage that stays in one
Region counts 1, 2, 3 … and knows nothing of this.

Pure: knows no tables and no time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

EPOCH_NUMBERS = 1_000_000_000
"""More than a room can give in an epoch: 11 days of the 1,000 a second that its counter takes. See `fits`."""


def epoch_of(number: int) -> int:
    """Which epoch a number was given in."""
    return max(0, number - 1) // EPOCH_NUMBERS


def floor(epoch: int) -> int:
    """The number below the first one of an epoch: of the first 0, else the last that the epoch before could give."""
    return epoch * EPOCH_NUMBERS


def fits(epoch: int, number: int) -> bool:
    """Whether an epoch may give the number."""
    return floor(epoch) < number <= floor(epoch + 1)


def given_between(earlier: int, later: int) -> int:
    """How many numbers were given behind `earlier` up to `later`: in the epoch of `later` alone, where they differ."""
    return max(0, later - max(earlier, floor(epoch_of(later))))


@dataclass(frozen=True)
class Hole:
    """Numbers, both included, that nobody has given as far as is known here."""

    first: int
    last: int


@dataclass(frozen=True)
class Numbers:
    """What a room has given: of each epoch, in order, its floor and the last number given, the floor where none was."""

    spans: tuple[tuple[int, int], ...] = ((0, 0),)

    @classmethod
    def up_to(cls, newest: int) -> Numbers:
        """1 to `newest`, in the first epoch."""
        return cls(((0, newest),))

    @property
    def newest(self) -> int:
        """The last number given, or the floor of an epoch that has given none: nothing above it is older than it."""
        return self.spans[-1][1]

    def given(self, first: int, last: int) -> list[range]:
        """Those of a span that were given, both ends included, oldest first."""
        bounded = (range(max(first, low + 1), min(last, high) + 1) for low, high in self.spans)
        return [numbers for numbers in bounded if numbers]

    def holes(self, first: int, last: int) -> list[Hole]:
        """What of a span lies between two epochs."""
        between = ((end + 1, low) for (_, end), (low, _) in zip(self.spans, self.spans[1:], strict=False))
        bounded = (Hole(max(first, begin), min(last, end)) for begin, end in between)
        return [hole for hole in bounded if hole.first <= hole.last]

    def count(self, first: int, last: int) -> int:
        """How many of a span were given."""
        return sum(len(numbers) for numbers in self.given(first, last))

    def forward(self, after: int, limit: int) -> int:
        """The last of the `limit` numbers that follow `after`, itself for 0; the newest where there are fewer."""
        return after if limit == 0 else self._nth(iter(self.given(after + 1, self.newest)), limit, self.newest)

    def back(self, last: int, limit: int) -> int:
        """The first of the `limit` numbers that end with `last`; 1 where there are fewer."""
        backwards = (numbers[::-1] for numbers in reversed(self.given(1, last)))
        return self._nth(backwards, limit, 1)

    @staticmethod
    def _nth(runs: Iterator[range], limit: int, otherwise: int) -> int:
        for numbers in runs:
            if len(numbers) >= limit:
                return numbers[limit - 1]
            limit -= len(numbers)
        return otherwise
