"""What delivering a message takes, by count: posts, calls and units, for rooms of each size, each way. See docs."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from chat import deliveries
from chat.delivery.orders import Review, decode
from chat.planning import Plan
from chat.ports import Sender
from chat.protocol import React
from chat.reactions import react
from chat.storage import keys
from chat.storage.shapes import home
from simulation.world import World
from tests.unit.hot_rooms import HOT, ROOM, arena, put_in_force, say

SHARDS = {2: 1, 10: 1, 100: 1, 1_000: 16, 10_000: 128}


@dataclass
class Cost:
    """`calls` are those to DynamoDB, a Query of several partitions one for each; `bodies` those to the queue."""

    posts: int
    calls: int
    bodies: int
    read: float
    written: int


def settled(size: int, plan: Plan | None = None) -> World:
    """A room of that size in which every subscription stands in its shard, and what each instance knows of it."""
    world = arena(0)
    shards = SHARDS[size]
    world.connections_table.update(
        keys.room_shape(ROOM), assign={"room": ROOM, "shards": shards, "readable": shards, "online": size}
    )
    for number in range(size):
        name = f"c{number:05}"
        pk, sk = keys.subscription(ROOM, home(name, shards), name)
        row = {"connection": name, "room": ROOM, "user": f"user-{number:05}", "shard": home(name, shards)}
        world.connections_table.items[pk, sk] = {"pk": pk, "sk": sk, **row, "expires_at_s": 1_800_000_000}
    if plan or shards > 1:
        put_in_force(world, plan or Plan("slices"), online=size)
    say(world, "what instances learn from the first message")
    work_off(world)
    return world


def work_off(world: World) -> int:
    """Frames' bodies, batch by batch, and what they put there, but no looks at the room; how many they were."""
    worked = 0
    while world.queue.bodies:
        batch, world.queue.bodies = world.queue.bodies[:10], world.queue.bodies[10:]
        batch = [body for body in batch if not isinstance(decode(body), Review)]
        worked += len(batch)
        assert all(deliveries.work_off(world.desk, batch))
    return worked


def cost_of(world: World, messages: int) -> Cost:
    """Of all messages together, but for numbering and storing them."""
    table, log, sockets = world.connections_table, world.messages_table, world.sockets
    posts, queries = sockets.posts, len(table.calls)
    read, written = table.units.read, table.units.written
    stored_read = log.units.read
    logged = len(log.calls)
    for number in range(messages):
        say(world, f"{world.clock.now_ms()} {number}")
    bodies = work_off(world)
    return Cost(
        sockets.posts - posts,
        len(table.calls) - queries + len(log.calls) - logged - 2 * messages,
        bodies,
        table.units.read - read + log.units.read - stored_read,
        table.units.written - written,
    )


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (2, Cost(posts=2, calls=1, bodies=0, read=0.5, written=0)),
        (10, Cost(posts=10, calls=1, bodies=0, read=0.5, written=0)),
        (100, Cost(posts=100, calls=1, bodies=0, read=1.5, written=0)),
        (1_000, Cost(posts=1_000, calls=16, bodies=16, read=16, written=0)),
        (10_000, Cost(posts=10_000, calls=128, bodies=128, read=128, written=0)),
    ],
)
def test_a_message_by_itself(size: int, expected: Cost) -> None:
    assert cost_of(settled(size), 1) == expected


@pytest.mark.parametrize(("size", "shards"), [(10, 1), (100, 1), (1_000, 16), (10_000, 128)])
def test_ten_messages_of_a_window_cost_what_one_does_and_a_write_each(size: int, shards: int) -> None:
    world = settled(size, HOT)
    found = cost_of(world, 10)
    assert found.posts == size
    assert found.bodies == 1 + (shards if shards > 1 else 0)
    # Ten claims, the mark, the end of the window and the cursor.
    assert found.written == 13
    assert found.calls == 13 + 1 + 2 + shards
    assert found.read <= 4 + 2 * shards


@pytest.mark.parametrize(("size", "shards"), [(100, 1), (1_000, 16), (10_000, 128)])
def test_ten_reactions_of_a_window_cost_what_ten_messages_do_and_three_calls_more(size: int, shards: int) -> None:
    world = settled(size, HOT)
    table, log, posts = world.connections_table, world.messages_table, world.sockets.posts
    written, read = table.units.written, table.units.read
    table.calls.clear()
    for number in range(10):
        host = Sender(user="host", name="Host", connection="host-1")
        react(world.services, host, React(id=f"{number}", room=ROOM, seq=1, emoji=chr(0x1F600 + number)))
    log.calls.clear()
    bodies = work_off(world)
    assert (world.sockets.posts - posts, bodies) == (size, 1 + (shards if shards > 1 else 0))
    # As with messages: ten claims, the mark, the end of the window and the cursor, which is read, and the shards.
    assert table.units.written - written == 13
    assert len(table.calls) == 13 + 1 + shards
    assert table.units.read - read <= 1 + 2 * shards
    # The counter and nothing of the log of messages; the counter again, the log of changes and the changed message.
    assert len(log.calls) == 4


def test_large_rooms_cost_each_message_nothing_but_the_queue() -> None:
    world = settled(1_000)
    world.connections_table.calls.clear()
    say(world, "to sixteen shards")
    assert world.connections_table.calls == []
    assert len(world.queue.bodies) == 16
