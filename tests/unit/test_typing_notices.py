"""Typing: who is told, how often, and that it is the first thing to go."""

from dataclasses import replace

import pytest

from chat.coalescing import Intervals
from chat.ports import Outcome, Principal
from simulation.world import World
from tests.unit.crowds import ROOM, ask, crowd, follow, gather, posts, user


def remember_nothing(world: World) -> None:
    """The next command comes to another function instance."""
    notices = replace(world.services.notices, recent=Intervals())
    world.services = replace(world.services, notices=notices)


@pytest.mark.parametrize(("size", "told"), [(2, 1), (10, 9), (100, 99), (1000, 0)])
def test_a_notice_is_one_post_for_each_other_socket_and_none_in_a_large_room(size: int, told: int) -> None:
    world = crowd(size)
    assert ask(world, user(0), action="typing", room=ROOM)["type"] == "ack"
    assert posts(world) == told
    assert world.queue.bodies == world.notices_queue.bodies == []
    if told:
        expected = {"type": "typing", "room": ROOM, "user": {"id": "u0000", "name": "U0000"}}
        assert world.sockets.heard("u0001-1", "typing") == [expected]


@pytest.mark.parametrize(("size", "most"), [(2, 2 * 1), (10, 5 * 9), (100, 5 * 99), (1000, 0)])
def test_when_everybody_types_the_posts_grow_with_the_room_and_not_with_its_square(size: int, most: int) -> None:
    world = crowd(size)
    for _ in range(4):
        for number in range(size):
            assert ask(world, user(number), action="typing", room=ROOM)["type"] == "ack"
        world.clock.pass_ms(1_000)
    assert posts(world) == most


@pytest.mark.parametrize(("size", "most"), [(2, 2 * 1), (10, 5 * 9), (100, 5 * 99)])
def test_the_bound_holds_over_all_function_instances(size: int, most: int) -> None:
    world = crowd(size)
    for _ in range(2):
        before = posts(world)
        for number in range(size):
            remember_nothing(world)
            assert ask(world, user(number), action="typing", room=ROOM)["type"] == "ack"
        assert posts(world) - before == most
        world.clock.pass_ms(5_000)


def test_an_instance_that_finds_the_room_told_enough_makes_no_call_until_it_may_be_told_again() -> None:
    world = crowd(10)
    for number in range(5):
        ask(world, user(number), action="typing", room=ROOM)
    remember_nothing(world)
    world.connections_table.calls.clear()
    for number in range(5, 9):
        ask(world, user(number), action="typing", room=ROOM)
    assert world.connections_table.calls == ["query", "update"]
    assert posts(world) == 5 * 9
    world.clock.pass_ms(5_000)
    ask(world, user(9), action="typing", room=ROOM)
    assert posts(world) == 6 * 9


def test_where_nobody_else_looks_nothing_is_written() -> None:
    world = crowd(1)
    world.connections_table.calls.clear()
    ask(world, user(0), action="typing", room=ROOM)
    assert world.connections_table.calls == ["query"]


def test_repeats_within_five_seconds_cost_no_post_and_no_call() -> None:
    world = crowd(3)
    ask(world, user(0), action="typing", room=ROOM)
    world.connections_table.calls.clear()
    world.clock.pass_ms(4_999)
    ask(world, user(0), action="typing", room=ROOM)
    assert (posts(world), world.connections_table.calls) == (2, [])
    world.clock.pass_ms(1)
    ask(world, user(0), action="typing", room=ROOM)
    assert (posts(world), world.connections_table.calls) == (4, ["query", "update"])


def test_one_user_typing_in_two_rooms_is_seen_in_both() -> None:
    world = crowd(2)
    gather(world, "dinner", 2)
    for room in (ROOM, "dinner"):
        ask(world, user(0), action="typing", room=room)
    assert [event["room"] for event in world.sockets.heard("u0001-1", "typing")] == [ROOM, "dinner"]


def test_a_large_room_is_looked_at_once_in_half_a_minute() -> None:
    world = crowd(101)
    ask(world, user(0), action="typing", room=ROOM)
    world.connections_table.calls.clear()
    world.clock.pass_ms(29_000)
    ask(world, user(1), action="typing", room=ROOM)
    assert world.connections_table.calls == []
    world.clock.pass_ms(1_000)
    ask(world, user(2), action="typing", room=ROOM)
    assert world.connections_table.calls == ["query"]


def test_ones_own_other_devices_are_not_told() -> None:
    world = crowd(2)
    world.services.fanout.connections.open("phone", Principal(user(0), "U0000"), world.clock.now_ms())
    follow(world, "phone", user(0))
    ask(world, user(0), action="typing", room=ROOM)
    assert world.sockets.listeners("typing") == {"u0001-1"}


def test_after_a_post_that_failed_nobody_is_told_for_a_while_and_nothing_is_queued() -> None:
    world = crowd(3)
    world.sockets.answers["u0001-1"] = Outcome.FAILED
    ask(world, user(0), action="typing", room=ROOM)
    assert world.sockets.retried == [False]
    world.sockets.answers.clear()
    assert ask(world, user(1), action="typing", room=ROOM)["type"] == "ack"
    assert posts(world) == 1
    assert world.queue.bodies == world.notices_queue.bodies == []
    world.clock.pass_ms(5_000)
    ask(world, user(1), action="typing", room=ROOM)
    assert posts(world) == 3


def test_nobody_is_told_while_the_room_is_above_its_rate_of_messages() -> None:
    world = crowd(3)
    now_ms = world.clock.now_ms()
    world.services.pace.observe(ROOM, 1, now_ms - 1_000)
    world.services.pace.observe(ROOM, 1_001, now_ms)
    assert ask(world, user(0), action="typing", room=ROOM)["type"] == "ack"
    assert posts(world) == 0
    world.clock.pass_ms(1_000)
    ask(world, user(0), action="typing", room=ROOM)
    assert posts(world) == 2


def test_who_may_not_post_is_not_seen_typing() -> None:
    world = crowd(2)
    world.connect("eve")
    assert ask(world, "eve", action="typing", room=ROOM)["code"] == "not_a_member"
    world.services.members.mute(ROOM, user(1), world.clock.now_ms() + 60_000)
    assert ask(world, user(1), action="typing", room=ROOM)["code"] == "muted"
    assert posts(world) == 0
