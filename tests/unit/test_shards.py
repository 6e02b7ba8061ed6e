"""Shards of a room's subscriptions grow and shrink while people come and go, and nobody is missed meanwhile."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from chat.delivery import reviews
from chat.delivery.orders import Review, decode
from chat.errors import UnavailableError
from chat.planning import SLICE, shards_for
from chat.ports import Principal, TransactionError
from chat.storage import keys
from chat.storage.connections import LIFETIME_S
from chat.storage.moves import MOST, OVERLAP_MS
from chat.storage.shapes import EMPTIED_MS, REMEMBERED_MS, SPREAD_MS, UNKNOWN, Shape, home
from simulation.world import START_MS, World
from tests.unit.hot_rooms import ROOM, Worker, arena, heard, say, subscribe


def shape(world: World) -> Shape:
    return world.services.fanout.connections.shapes.find(ROOM)


def look(world: World) -> Shape:
    """A look at the room, as if it was due."""
    since_ms = world.clock.now_ms() - 1
    world.connections_table.update(keys.room_shape(ROOM), assign={"room": ROOM, "reviewed_at_ms": since_ms})
    found = reviews.carry_out(world.desk, Review(ROOM, since_ms))
    world.queue.bodies.clear()
    assert found is not None
    return found


def settle(world: World) -> None:
    """Looks until there is nothing to be done, with time between them."""
    for _ in range(60):
        after = look(world)
        world.clock.pass_ms(EMPTIED_MS + 1)
        wanted = shards_for(after.online, after.shards)
        at_home = all(shards == [home(name, wanted)] for name, shards in rows(world).items())
        if at_home and wanted == after.shards == after.readable:
            return
    pytest.fail("the room does not come to rest")


def rows(world: World) -> dict[str, list[int]]:
    """Each subscriber, and in which shards it stands."""
    found: dict[str, list[int]] = {}
    for (pk, sk), item in sorted(world.connections_table.items.items()):
        if pk.startswith(f"room#{ROOM}#") and sk != keys.SHAPE:
            found.setdefault(item["connection"], []).append(int(pk.rpartition("#")[2]))
    return found


def test_a_room_of_one_shard_costs_one_query_a_message() -> None:
    world = arena(SLICE)
    say(world, "first")
    table = world.connections_table
    table.calls.clear()
    say(world, "second")
    assert table.calls == ["query"]
    assert len(world.sockets.listeners()) == SLICE


def test_readers_know_of_new_shards_before_writers_do() -> None:
    world = arena(350)
    assert (look(world).shards, shape(world).readable) == (1, 4)
    world.clock.pass_ms(SPREAD_MS - 1)
    assert look(world).shards == 1
    world.clock.pass_ms(1)
    assert (look(world).shards, shape(world).readable) == (4, 4)
    assert SPREAD_MS > 2 * REMEMBERED_MS


def test_a_grown_room_ends_with_every_subscriber_in_its_own_shard() -> None:
    world = arena(350)
    settle(world)
    assert rows(world) == {f"s{number:04}": [home(f"s{number:04}", 4)] for number in range(350)}
    sizes = [sum(shards == [at] for shards in rows(world).values()) for at in range(4)]
    assert max(sizes) <= SLICE + 20
    assert shape(world).online == 350


def test_a_room_that_people_leave_shrinks_to_one_shard_and_one_query() -> None:
    world = arena(350)
    settle(world)
    for number in range(10, 350):
        world.services.fanout.connections.unsubscribe(f"s{number:04}", ROOM)
    settle(world)
    assert (shape(world).shards, shape(world).readable) == (1, 1)
    assert rows(world) == {f"s{number:04}": [0] for number in range(10)}
    say(world, "small again")
    assert len(world.sockets.listeners()) == 10


def test_shards_that_are_not_empty_are_read_however_long_it_takes() -> None:
    full = Shape(shards=4, readable=4, resized_at_ms=START_MS)
    fewer = full.resized(10, emptied=False, now_ms=START_MS)
    assert (fewer.shards, fewer.readable) == (1, 4)
    for emptied, after_ms, readable in ((False, 10 * EMPTIED_MS, 4), (True, EMPTIED_MS - 1, 4), (True, EMPTIED_MS, 1)):
        assert fewer.resized(10, emptied=emptied, now_ms=START_MS + after_ms).readable == readable


@pytest.mark.parametrize("seed", range(6))
def test_whoever_follows_the_room_gets_every_message_while_it_grows_and_shrinks(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same each time
    world = arena(0)
    worker = Worker(world, chance=chance)
    following: dict[str, int] = {}
    for step in range(40):
        growing = step < 20
        for number in chance.sample(range(400), 30):
            name = f"s{number:04}"
            if growing or chance.random() < 0.1:
                subscribe(world, name)
                following.setdefault(name, step)
            else:
                world.services.fanout.connections.unsubscribe(name, ROOM)
                following.pop(name, None)
        world.sockets.received.clear()
        seq = say(world, f"message {step}")
        worker.run()
        assert {name for name in following if seq not in heard(world, name)} == set()
        assert world.sockets.listeners() == following.keys()
        if chance.random() < 0.7:
            look(world)
        world.clock.pass_ms(chance.choice([100, SPREAD_MS, EMPTIED_MS]))


def test_a_subscriber_that_moves_is_in_both_shards_for_a_while() -> None:
    world = arena(350)
    look(world)
    world.clock.pass_ms(SPREAD_MS)
    look(world)
    look(world)
    moved = {name: shards for name, shards in rows(world).items() if len(shards) == 2}
    assert len(moved) == MOST
    assert all(shards == [0, home(name, 4)] for name, shards in moved.items())
    world.clock.pass_ms(OVERLAP_MS)
    look(world)
    assert all(rows(world)[name] == shards for name, shards in moved.items())
    world.clock.pass_ms(1)
    look(world)
    assert all(rows(world)[name] == [home(name, 4)] for name in moved)


def test_who_leaves_while_being_moved_leaves_both_shards() -> None:
    world = arena(350)
    connections = world.services.fanout.connections
    look(world)
    world.clock.pass_ms(SPREAD_MS)
    look(world)
    look(world)
    first, second, *_ = (name for name, shards in rows(world).items() if len(shards) == 2)
    connections.unsubscribe(first, ROOM)
    connections.open(second, Principal(second, second), START_MS)
    connections.close(second)
    assert not {first, second} & rows(world).keys()


def test_who_moves_between_two_calls_of_leaving_is_gone_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    world = arena(1)
    table, transact = world.connections_table, world.connections_table.transact
    shared = {"room": ROOM, "connection": "s0000", "user": "s0000"}

    def move_first(*args: object, **kwargs: object) -> None:
        monkeypatch.setattr(table, "transact", transact)
        for pk, sk in (keys.subscription(ROOM, 1, "s0000"), keys.connection_room("s0000", ROOM)):
            table.put({"pk": pk, "sk": sk, **shared, "shard": 1, "moved_from": 0})
        transact(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(table, "transact", move_first)
    world.services.fanout.connections.unsubscribe("s0000", ROOM)
    assert rows(world) == {}


def test_subscribing_again_moves_to_where_the_room_is_written_now() -> None:
    world = arena(1)
    table = world.connections_table
    table.update(keys.room_shape(ROOM), assign={"room": ROOM, "shards": 8, "readable": 8})
    world.clock.pass_ms(REMEMBERED_MS)
    table.calls.clear()
    subscribe(world, "s0000")
    assert table.calls == ["get", "transact", "transact"]
    assert rows(world) == {"s0000": [home("s0000", 8)]}
    assert table.items[keys.connection_room("s0000", ROOM)]["expires_at_s"] > START_MS // 1000 + LIFETIME_S


def test_a_subscription_that_moves_all_the_time_is_said_to_be_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    world = arena(1)

    def refuse(*_: object, **__: object) -> None:
        raise TransactionError({0: {"room": ROOM, "connection": "s0000", "shard": 3}})

    monkeypatch.setattr(world.connections_table, "transact", refuse)
    with pytest.raises(UnavailableError):
        subscribe(world, "s0000")
    with pytest.raises(UnavailableError):
        world.services.fanout.connections.unsubscribe("s0000", ROOM)


def test_a_crowd_that_says_nothing_is_noticed_when_it_comes() -> None:
    world = arena(0)
    for number in range(400):
        name = f"s{number:04}"
        subscribe(world, name)
        reviews.notice_subscriber(world.services.fanout, ROOM, name, world.clock.now_ms())
    (body,) = world.queue.bodies
    review = decode(body)
    assert isinstance(review, Review)
    found = reviews.carry_out(world.desk, review)
    assert found is not None
    assert (found.online, found.readable) == (400, 4)


def test_messages_of_a_large_room_have_it_looked_at_once_in_a_while() -> None:
    world = arena(150)
    for number in range(10):
        say(world, f"message {number}")
    orders = [decode(body) for body in world.queue.bodies]
    assert [order for order in orders if isinstance(order, Review)] == [Review(ROOM, START_MS)]


def test_of_two_looks_that_follow_the_same_one_one_counts() -> None:
    world = arena(150)
    say(world, "a large room")
    (review,) = (order for order in map(decode, world.queue.bodies) if isinstance(order, Review))
    world.queue.bodies.clear()
    assert reviews.carry_out(world.desk, review) is not None
    assert reviews.carry_out(world.desk, review) is None
    assert len(world.queue.bodies) == 1


def test_looks_end_when_there_is_nothing_more_to_see_to() -> None:
    world = arena(150)
    say(world, "a large room")
    Worker(world).run(rounds=60)
    assert world.queue.bodies == []
    assert (shape(world).shards, shape(world).readable) == (2, 2)
    assert all(len(shards) == 1 for shards in rows(world).values())


def test_the_row_of_a_sharded_room_stays_and_that_of_a_small_one_expires() -> None:
    world = arena(150)
    look(world)
    assert world.connections_table.items[keys.room_shape(ROOM)]["expires_at_s"] is None
    small = arena(1)
    look(small)
    assert small.connections_table.items[keys.room_shape(ROOM)]["expires_at_s"] > START_MS // 1000
    assert replace(shape(small), reviewed_at_ms=0, seq_at_ms=0, online=0) == UNKNOWN
