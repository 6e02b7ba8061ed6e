"""What a device has of one room: which numbers came, and which are missing. Pure."""

from __future__ import annotations

from loadtest.checker.numbers import Numbers


class RoomView:
    """`began` is where the device came in: numbers up to it are not its concern; None before it subscribed."""

    __slots__ = ("began", "missing_since_s", "name", "newest", "numbers")

    def __init__(self, name: str) -> None:
        self.name = name
        self.began: int | None = None
        self.newest = 0
        self.numbers = Numbers()
        self.missing_since_s: float | None = None
        """By the monotonic clock; None while nothing is missing."""

    @property
    def complete(self) -> int:
        """Everything behind `began` up to here is here."""
        return next(self.numbers.missing((self.began or 0) + 1, self.newest), self.newest + 1) - 1

    @property
    def is_complete(self) -> bool:
        """Whether everything that is known to exist is here."""
        return self.began is not None and self.complete >= self.newest

    def begin(self, last_seq: int) -> int:
        """A subscription was answered. The number behind which everything is wanted."""
        if self.began is None:
            self.began = last_seq
        self.newest = max(self.newest, last_seq)
        return self.began

    def accept(self, seq: int) -> bool:
        """An entry came; whether it is the first time."""
        self.newest = max(self.newest, seq)
        return self.numbers.add(seq)

    def look(self, now_s: float) -> None:
        """Notes since when something is missing."""
        if self.is_complete or self.began is None:
            self.missing_since_s = None
        elif self.missing_since_s is None:
            self.missing_since_s = now_s
