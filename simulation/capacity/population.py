"""Whom a run is about: rooms by Zipf, one on the screen of each socket, spread over cells by the hash of their name.

The room of rank k is followed by `LARGEST` / k^`EXPONENT` sockets, two at least. Everybody says the same, so a room has
a share of the messages as large as its size: large rooms are busy rooms, which is the hard case. Pure.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass

EXPONENT = 0.485
LARGEST = 300
"""With these a message has ten recipients on average, of 100,000 sockets."""

LEAST = 2


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """A room, and how many sockets follow it."""

    name: str
    sockets: int


@dataclass(frozen=True)
class Recipients:
    """The distribution of F: how many sockets a message goes to, its sender's not among them."""

    mean: float
    p50: int
    p90: int
    p99: int
    most: int

    def as_json(self) -> dict[str, float]:
        """By name."""
        return asdict(self)


def rooms_for(sockets: int, largest: int = LARGEST) -> list[RoomPlan]:
    """Rooms that so many sockets fill, the last of them with what is left.

    Raises `ValueError` where the largest would be the only one.
    """
    if not LEAST <= largest < sockets:
        raise ValueError(f"The largest room has {LEAST} sockets at least, and fewer than all {sockets}.")
    rooms: list[RoomPlan] = []
    left = sockets
    while left:
        wanted = max(LEAST, round(largest / (len(rooms) + 1) ** EXPONENT))
        size = left if left - wanted < LEAST else wanted
        rooms.append(RoomPlan(f"room-{len(rooms) + 1}", size))
        left -= size
    return rooms


def cell_of(room: str, cells: int) -> int:
    """Where a room lives: always in the same cell, so that a message never leaves one."""
    return zlib.crc32(room.encode()) % cells


def rooms_of_cell(rooms: Sequence[RoomPlan], cell: int, cells: int) -> list[RoomPlan]:
    """Those that live there."""
    return [room for room in rooms if cell_of(room.name, cells) == cell]


def recipients(rooms: Sequence[RoomPlan]) -> Recipients:
    """Of a message by anybody."""
    total = sum(room.sockets for room in rooms)
    ascending = sorted((room.sockets - 1, room.sockets) for room in rooms)
    return Recipients(
        mean=sum(others * weight for others, weight in ascending) / total,
        p50=_at(ascending, total * 0.5),
        p90=_at(ascending, total * 0.9),
        p99=_at(ascending, total * 0.99),
        most=ascending[-1][0],
    )


def _at(ascending: Sequence[tuple[int, int]], weight: float) -> int:
    passed = 0
    for others, its_weight in ascending:
        passed += its_weight
        if passed >= weight:
            return others
    return ascending[-1][0]
