"""Recovery and reading: what a connection missed, to the number, and how far its user has read."""

import json
from dataclasses import replace
from typing import Any

import pytest

from chat import commands, sessions
from chat.errors import SlowDownError
from chat.pace import RoomPace
from chat.ports import Sender
from chat.protocol import Hello, Reconnection
from chat.storage import keys
from simulation.world import World


@pytest.fixture
def world() -> World:
    world = World()
    for user in ("ada", "grace"):
        world.connect(user)
    ask(world, "ada", action="create", id="make", title="Lunch", room="lunch", members=["grace"])
    return world


def ask(world: World, user: str, **command: Any) -> dict[str, Any]:
    connection = command.pop("connection", f"{user}-1")
    sender = Sender(user=user, name=user.capitalize(), connection=connection)
    command.setdefault("id", f"{user}{len(world.messages_table.calls)}")
    reply: dict[str, Any] = json.loads(commands.answer(world.services, sender, json.dumps(command)))
    return reply


def say(world: World, count: int) -> None:
    for _ in range(count):
        number = len(world.messages_table.calls)
        assert ask(world, "ada", action="send", id=f"say{number}", room="lunch", text="hello")["type"] == "ack"


def subscribe(world: World, **fields: Any) -> dict[str, Any]:
    result: dict[str, Any] = ask(world, "grace", action="subscribe", room="lunch", **fields)["result"]
    return result


@pytest.mark.parametrize("missed", [0, 1, 63, 64, 65, 100])
def test_what_was_missed_comes_with_the_reply_in_order(world: World, missed: int) -> None:
    say(world, 7 + missed)
    reply = subscribe(world, after=7)
    assert reply["recovered"] is True
    assert reply["gap"] is None
    assert [message["seq"] for message in reply["messages"]] == list(range(8, 8 + missed))
    assert reply["last_seq"] == 7 + missed


def test_of_more_than_a_hundred_the_reply_has_the_exact_range_and_history_pages_it(world: World) -> None:
    say(world, 150)
    reply = subscribe(world, after=10)
    assert (reply["recovered"], reply["messages"], reply["gap"]) == (False, [], {"first": 11, "last": 150})
    read: list[int] = []
    after, newer = 10, True
    while newer:
        page = ask(world, "grace", action="history", room="lunch", after=after, limit=60)["result"]
        read += [message["seq"] for message in page["messages"]]
        after, newer = read[-1], page["newer"]
    assert read == list(range(11, 151))


def test_missed_messages_that_do_not_fit_into_a_frame_are_a_gap_that_history_pages(world: World) -> None:
    for number in range(1, 41):
        text = "ü" * 7_990 + f"{number}"
        assert ask(world, "ada", action="send", id=f"long{number}", room="lunch", text=text)["type"] == "ack"
        world.clock.pass_ms(1_000)
    reply = subscribe(world, after=0)
    assert (reply["recovered"], reply["gap"]) == (False, {"first": 1, "last": 40})
    read: list[int] = []
    after, newer = 0, True
    while newer:
        page = ask(world, "grace", action="history", room="lunch", after=after, limit=100)["result"]
        read += [message["seq"] for message in page["messages"]]
        after, newer = read[-1], page["newer"]
    assert read == list(range(1, 41))
    around = ask(world, "grace", action="history", room="lunch", around=20, limit=40)["result"]
    assert 20 in [message["seq"] for message in around["messages"]]
    assert (around["more"], around["newer"]) == (True, True)


def test_a_reply_that_does_not_fit_beside_the_others_of_a_list_says_so(world: World) -> None:
    for number in range(1, 13):
        ask(world, "ada", action="send", id=f"long{number}", room="lunch", text="ü" * 7_990)
        world.clock.pass_ms(1_000)
    history = {"action": "history", "room": "lunch"}
    frame = json.dumps([{**history, "id": "1"}, {**history, "id": "2"}, {"action": "ping", "id": "3"}])
    sender = Sender(user="ada", name="Ada", connection="ada-1")
    reply = commands.answer(world.services, sender, frame)
    assert len(reply) < 128 * 1024
    assert [(each["id"], each.get("code")) for each in json.loads(reply)] == [
        ("1", None),
        ("2", "too_large"),
        ("3", None),
    ]


def test_without_a_position_nothing_is_replayed(world: World) -> None:
    say(world, 3)
    reply = subscribe(world)
    assert (reply["recovered"], reply["messages"], reply["last_seq"]) == (True, [], 3)


def test_a_burnt_number_in_what_was_missed_is_void(world: World) -> None:
    say(world, 1)
    world.messages_table.update(keys.counter("lunch"), add={"seq": 1})
    say(world, 1)
    world.clock.pass_ms(60_001)
    assert [message["kind"] for message in subscribe(world, after=0)["messages"]] == ["text", "void", "text"]


def test_history_around_a_number_has_it_in_the_middle(world: World) -> None:
    say(world, 100)
    page = ask(world, "grace", action="history", room="lunch", around=50, limit=11)["result"]
    assert [message["seq"] for message in page["messages"]] == list(range(45, 56))
    assert (page["more"], page["newer"]) == (True, True)


@pytest.mark.parametrize(
    ("bounds", "numbers", "more", "newer"),
    [
        ({}, [8, 9, 10], True, False),
        ({"before": 3}, [1, 2], False, True),
        ({"after": 8}, [9, 10], True, False),
        ({"after": 10}, [], False, False),
        ({"around": 1}, [1, 2], False, True),
        ({"around": 10}, [8, 9, 10], True, False),
        ({"before": 1}, [], False, True),
        ({"before": 500}, [8, 9, 10], True, False),
    ],
)
def test_the_ends_of_a_history_say_so(
    world: World,
    bounds: dict[str, int],
    numbers: list[int],
    more: bool,  # noqa: FBT001
    newer: bool,  # noqa: FBT001
) -> None:
    say(world, 10)
    page = ask(world, "grace", action="history", room="lunch", limit=3, **bounds)["result"]
    assert [message["seq"] for message in page["messages"]] == numbers
    assert (page["more"], page["newer"]) == (more, newer)


def test_two_bounds_of_a_history_are_refused(world: World) -> None:
    assert ask(world, "grace", action="history", room="lunch", before=3, after=1)["code"] == "invalid_field"


def test_unread_is_a_subtraction_and_the_cursor_only_moves_forward(world: World) -> None:
    say(world, 5)

    def room() -> tuple[int, int, int]:
        (listed,) = ask(world, "grace", action="rooms")["result"]["rooms"]
        return listed["last_seq"], listed["read_seq"], listed["unread"]

    assert room() == (5, 0, 5)
    ask(world, "grace", action="read", room="lunch", seq=3)
    assert room() == (5, 3, 2)
    ask(world, "grace", action="read", room="lunch", seq=2)
    assert room() == (5, 3, 2)
    ask(world, "grace", action="read", room="lunch", seq=99)
    assert room() == (5, 5, 0)


def test_the_users_other_devices_learn_of_the_cursor(world: World) -> None:
    say(world, 2)
    world.connect("grace", connection="phone")
    ask(world, "grace", action="read", room="lunch", seq=2)
    assert world.sockets.heard("phone", "read") == [{"type": "read", "room": "lunch", "seq": 2}]
    assert world.sockets.heard("grace-1", "read") == []
    assert world.sockets.heard("ada-1", "read") == []
    ask(world, "grace", action="read", room="lunch", seq=2)
    assert len(world.sockets.heard("phone", "read")) == 1


def test_a_sync_names_the_rooms_in_which_something_is_lacking(world: World) -> None:
    say(world, 4)
    ask(world, "ada", action="create", id="quiet", title="Quiet", room="quiet", members=["grace"])
    ask(world, "ada", action="create", id="closed", title="Closed", room="closed", kind="private")
    ask(world, "ada", action="send", id="secret", room="closed", text="secret")
    rooms = {"lunch": 3, "quiet": 0, "closed": 0, "nowhere": 0}
    assert ask(world, "grace", action="sync", rooms=rooms)["result"]["rooms"] == {"lunch": 4}
    assert ask(world, "grace", action="sync", rooms={"lunch": 4})["result"]["rooms"] == {}


def test_hello_spreads_rotations_uniformly_before_the_two_hours_are_over(world: World) -> None:
    ready = ask(world, "ada", action="hello", client="test/1")["result"]
    assert (ready["version"], ready["user"], ready["connection"]) == (1, {"id": "ada", "name": "Ada"}, "ada-1")
    rotations = [
        ask(world, "ada", action="hello", connection=f"c{number}")["result"]["rotate_after_s"] for number in range(600)
    ]
    first, last = sessions.ROTATE_FIRST_S, sessions.ROTATE_LAST_S
    assert all(first <= rotation <= last < 7_200 for rotation in rotations)
    thirds = [sum(first + third * 1_000 <= r < first + (third + 1) * 1_000 for r in rotations) for third in range(3)]
    assert min(thirds) > 120


@pytest.mark.parametrize(
    ("sockets", "opened_per_s", "first_ms", "most_ms"),
    [
        (50, 500, 500, 20_000),
        (4_000, 500, 9_600, 20_000),
        (100_000, 500, 240_000, 240_000),
        (25_000, 5_000, 6_000, 20_000),
    ],
)
def test_the_window_of_reconnection_is_as_long_as_the_quota_needs(
    sockets: int, opened_per_s: int, first_ms: int, most_ms: int
) -> None:
    assert sessions.window_for(sockets, opened_per_s) == Reconnection(first_ms, most_ms)


def test_hello_tells_the_window_of_the_stage(world: World) -> None:
    services = replace(world.services, reconnection=sessions.window_for(4_000, 500))
    sender = Sender("ada", "Ada", "ada-1")
    assert sessions.hello(services, sender, Hello(id="1")).reconnect == Reconnection(9_600, 20_000)


def test_a_room_above_its_limit_says_slow_down_for_a_second() -> None:
    pace = RoomPace(limit_per_s=500)
    pace.observe("lunch", 1, 0)
    pace.observe("lunch", 402, 1_000)
    pace.require_below_limit("lunch", 1_000)
    pace.observe("lunch", 1_003, 2_000)
    with pytest.raises(SlowDownError) as refused:
        pace.require_below_limit("lunch", 2_400)
    assert (refused.value.retry_after_ms, refused.value.temporary) == (600, True)
    pace.require_below_limit("other", 2_400)
    pace.require_below_limit("lunch", 3_000)


def test_a_client_that_is_ahead_of_a_restored_room_is_told_to_start_over(world: World) -> None:
    say(world, 3)
    reply = subscribe(world, after=9)
    assert (reply["recovered"], reply["gap"], reply["messages"], reply["last_seq"]) == (False, None, [], 3)
