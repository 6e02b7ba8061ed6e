"""The rows of a room's subscribers, written by the project's own code and loaded into the stub."""

from __future__ import annotations

import time

from chat.storage import keys
from chat.storage.connections import ConnectionRegistry
from loadtest.fanout.job import ROOM, TABLE
from loadtest.stub.connections import DEAD
from loadtest.stub.process import Stub
from simulation.table import MemoryTable


def fill(stub: Stub, *, live: int, dead: int = 0, elsewhere: int = 0, name_chars: int = 0) -> int:
    """Subscribes so many sockets to the room, and `elsewhere` to other rooms of ten; the bytes of the room's rows.

    `name_chars`: how long users' ids are at least.
    """
    table = MemoryTable()
    registry, now_ms = ConnectionRegistry(table), time.time_ns() // 1_000_000
    for number in range(live + dead):
        # Dead ones stand between live ones, as they do.
        gone = number * dead // (live + dead) != (number + 1) * dead // (live + dead)
        name = f"{DEAD if gone else 'live-'}{number:06d}c="
        registry.subscribe(name, ROOM, f"user{number}".ljust(name_chars, "x"), now_ms)
    for number in range(elsewhere):
        registry.subscribe(f"else-{number:06d}c=", f"room{number // 10}", f"user{number}", now_ms)
    stub.load(TABLE, table.items.values())
    partition = keys.subscription_shard(ROOM, 0)
    return sum(_size(item) for key, item in table.items.items() if key[0] == partition)


def left(stub: Stub) -> int:
    """How many subscriptions the room has now."""
    return stub.count(TABLE, keys.subscription_shard(ROOM, 0))


def _size(item: dict[str, object]) -> int:
    return sum(len(name) + len(str(value)) for name, value in item.items())
