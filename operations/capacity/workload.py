"""Whom a stage is planned for: how many, how much they say, in rooms of which sizes. Knows nothing of AWS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from chat.planning import FRAME_BYTES
from chat.sessions import HEARTBEAT_S
from operations.errors import UsageError

MOST_BYTES = 4 * FRAME_BYTES
"""API Gateway closes a connection that sends more (quota L-FD0EB744)."""

MOST_ROOMS = 1_000_000
"""Ranks of a distribution that are added up one by one: about a second."""

FINE = 100
"""Rooms of up to so many sockets are told apart by every one; larger ones by steps of a hundredth of their size."""


@dataclass(frozen=True, kw_only=True)
class RoomClass:
    """Rooms alike. `sockets` are others' than the sender's that follow such a room: the recipients of a message."""

    rooms: float
    sockets: int
    share: float
    """Of all messages, how many are said in rooms of this class: 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """A stage in its busiest minute. Raises `UsageError` with what to change for one that can't be."""

    users: int
    online: float
    """How many of the users have a socket open: above 0, to 1."""
    messages_per_minute: float
    rooms: tuple[RoomClass, ...]
    size_bytes: int = 300
    """Of the frame that recipients get."""
    words: int = 10
    """Different words of a message: each is a row of the search index."""
    elsewhere: float = 0.0
    """Open sockets of a room's members that have another room on screen: they are told that it has got further."""
    churn_per_hour: float = 0.0
    """How often a socket is lost and opened again, beside planned rotation."""
    average: float = 1.0
    """What a month's mean minute is of the busiest one: above 0, to 1."""
    reconnect_window_s: float | None = None
    """The window that everybody's reconnecting is spread over; None: as fast as the quota opens connections."""

    def __post_init__(self) -> None:
        _require(self.users >= 1, "--users is 1 or more.")
        _require(0 < self.online <= 1, "--online is a part of the users: above 0, up to 1.")
        _require(self.messages_per_minute >= 0, "--messages-per-minute is 0 or more.")
        _require(1 <= self.size_bytes <= MOST_BYTES, f"--size is 1 to {MOST_BYTES:,} bytes.")
        _require(self.words >= 0, "--words is 0 or more.")
        _require(self.elsewhere >= 0, "--elsewhere is 0 or more.")
        _require(self.churn_per_hour >= 0, "--churn is 0 or more.")
        _require(0 < self.average <= 1, "--average is a part of the busiest minute: above 0, up to 1.")
        _require(bool(self.rooms), "There are no rooms.")
        _require(
            max(room.sockets for room in self.rooms) <= self.connections,
            f"A room can't have more recipients than the {self.connections:,.0f} sockets that are open.",
        )

    @property
    def connections(self) -> int:
        """Sockets open at once."""
        return max(1, round(self.users * self.online))

    @property
    def messages_per_s(self) -> float:
        """In the busiest minute."""
        return self.messages_per_minute / 60

    @property
    def recipients(self) -> float:
        """Of a message, on average (F)."""
        return sum(room.sockets * room.share for room in self.rooms)

    @property
    def heartbeats_per_s(self) -> float:
        """What clients send when nothing is said."""
        return self.connections / HEARTBEAT_S

    def rate_of(self, room: RoomClass) -> float:
        """Messages a second in one room of the class."""
        return self.messages_per_s * room.share / room.rooms


def alike(rooms: int, recipients: int) -> tuple[RoomClass, ...]:
    """So many rooms in which everybody says the same. Raises `UsageError`."""
    _require(rooms >= 1, "--rooms is 1 or more.")
    _require(recipients >= 0, "--recipients is 0 or more.")
    return (RoomClass(rooms=rooms, sockets=recipients, share=1.0),)


def zipf(rooms: int, largest: int, exponent: float) -> tuple[RoomClass, ...]:
    """Rooms of which the one of rank k has `largest` / k^`exponent` recipients, 1 at least.

    Everybody says the same, so a room has a share of the messages as large as its size. Raises `UsageError`.
    """
    _require(1 <= rooms <= MOST_ROOMS, f"--rooms is 1 to {MOST_ROOMS:,} with --zipf.")
    _require(largest >= 1, "--largest is 1 or more.")
    _require(0 < exponent <= 10, "--zipf is above 0, up to 10.")  # noqa: PLR2004 - above, all but one are alike
    sizes = Counter(_sizes(rooms, largest, exponent))
    people = sum((size + 1) * count for size, count in sizes.items())
    return tuple(
        RoomClass(rooms=count, sockets=size, share=(size + 1) * count / people)
        for size, count in sorted(sizes.items(), reverse=True)
    )


def _sizes(rooms: int, largest: int, exponent: float) -> Iterator[int]:
    for rank in range(1, rooms + 1):
        size = max(1, round(largest / rank**exponent))
        yield size if size <= FINE else _rounded(size)


def _rounded(size: int) -> int:
    """To two figures, so that classes stay few."""
    step = int(10 ** (len(str(size)) - 2))
    return round(size / step) * step


def _require(holds: bool, sentence: str) -> None:  # noqa: FBT001 - the condition itself
    if not holds:
        raise UsageError(sentence)
