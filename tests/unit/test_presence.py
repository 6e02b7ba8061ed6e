"""Presence: when somebody counts as online, who is told, and what it costs."""

import json
from typing import Any

import pytest

from chat import commands, presence
from chat.errors import UnavailableError
from chat.ports import VIRTUAL, Principal, Sender
from simulation.world import World
from tests.unit.crowds import ROOM, ask, crowd, follow, gather, posts, user, work_off


def open_socket(world: World, who: str, connection: str, *rooms: str) -> None:
    world.services.fanout.connections.open(connection, Principal(who, who.capitalize()), world.clock.now_ms())
    presence.socket_opened(world.notices_queue, who)
    for room in rooms:
        follow(world, connection, who, room)


def close_socket(world: World, connection: str) -> None:
    who = world.services.fanout.connections.close(connection)
    assert who is not None
    presence.socket_closed(world.notices_queue, who)


def settle(world: World, passed_ms: int = 0) -> None:
    """Lets time pass and everything that waits be done."""
    world.clock.pass_ms(passed_ms)
    work_off(world)


def heard(world: World, connection: str) -> list[tuple[str, bool]]:
    return [(event["user"]["id"], event["online"]) for event in world.sockets.heard(connection, "presence")]


@pytest.fixture
def world() -> World:
    """Three members of a room, each with one socket that follows it, and all known to be online."""
    return settled(crowd(3))


def settled(world: World, size: int = 3) -> World:
    for number in range(size):
        presence.settle(world.services.notices, user(number))
    world.sockets.received.clear()
    world.clock.pass_ms(60_000)
    return world


@pytest.mark.parametrize(("size", "told"), [(2, 1), (10, 9), (100, 99), (1000, 0)])
def test_a_change_is_one_post_for_each_other_socket_and_none_in_a_large_room(size: int, told: int) -> None:
    world = crowd(size)
    presence.settle(world.services.notices, user(0))
    assert posts(world) == told
    world.clock.pass_ms(60_000)
    world.sockets.received.clear()
    close_socket(world, "u0000-1")
    settle(world, 10_000)
    # The one who left follows the room no longer: of 101 sockets, 100 would have been told.
    assert posts(world) == told


def test_somebody_who_shares_several_rooms_is_told_once() -> None:
    world = crowd(3)
    for room in ("dinner", "tea"):
        gather(world, room, 3)
    presence.settle(world.services.notices, user(0))
    assert heard(world, "u0001-1") == heard(world, "u0002-1") == [(user(0), True)]
    assert posts(world) == 2


def test_coming_and_going_is_told_to_who_follows_a_room_of_theirs_and_to_nobody_else(world: World) -> None:
    gather(world, "elsewhere", 2)
    open_socket(world, "zoe", "zoe-1")
    world.sockets.received.clear()
    close_socket(world, "u0002-1")
    settle(world, 10_000)
    open_socket(world, user(2), "u0002-2", ROOM)
    settle(world, 10_000)
    assert heard(world, "u0000-1") == heard(world, "u0001-1") == [(user(2), False), (user(2), True)]
    assert world.sockets.listeners("presence") == {"u0000-1", "u0001-1"}


def test_a_reconnect_within_ten_seconds_is_not_told(world: World) -> None:
    close_socket(world, "u0002-1")
    world.clock.pass_ms(9_000)
    open_socket(world, user(2), "u0002-2", ROOM)
    settle(world, 1_000)
    assert posts(world) == 0
    assert [each["id"] for each in ask(world, user(0), action="presence", room=ROOM)["result"]["users"]] == [
        user(0),
        user(1),
        user(2),
    ]


def test_an_open_socket_is_looked_at_at_once_and_a_closed_one_after_ten_seconds(world: World) -> None:
    open_socket(world, user(2), "phone", ROOM)
    close_socket(world, "phone")
    assert world.notices_queue.delays_s == [0, 10]


def test_a_device_more_or_less_is_not_told(world: World) -> None:
    open_socket(world, user(2), "phone", ROOM)
    settle(world, 10_000)
    close_socket(world, "u0002-1")
    settle(world, 10_000)
    assert posts(world) == 0
    close_socket(world, "phone")
    settle(world, 10_000)
    assert heard(world, "u0000-1") == [(user(2), False)]


def test_a_user_whose_connection_flaps_is_told_of_no_more_than_twice_in_ten_seconds(world: World) -> None:
    changes = 0
    for second in range(60):
        if second % 2:
            open_socket(world, user(2), f"flap-{second}", ROOM)
        else:
            close_socket(world, "u0002-1" if second == 0 else f"flap-{second - 1}")
        settle(world, 1_000)  # sooner than the queue would: every moment is looked at
        changes = len(heard(world, "u0000-1"))
    assert 0 < changes <= 2 * 60 / 10


def test_who_is_back_is_online_at_once_however_short_ago_they_went(world: World) -> None:
    close_socket(world, "u0002-1")
    settle(world, 10_000)
    open_socket(world, user(2), "back", ROOM)
    settle(world)
    assert heard(world, "u0000-1") == [(user(2), False), (user(2), True)]
    assert ask(world, user(0), action="presence", users=[user(2)])["result"]["online"] == 1


def test_who_goes_soon_after_they_came_is_told_of_later(world: World) -> None:
    close_socket(world, "u0002-1")
    settle(world, 10_000)
    open_socket(world, user(2), "back", ROOM)
    settle(world)
    close_socket(world, "back")
    settle(world, 9_999)
    assert heard(world, "u0000-1") == [(user(2), False), (user(2), True)]
    settle(world, 1)
    assert heard(world, "u0000-1") == [(user(2), False), (user(2), True), (user(2), False)]


def test_whoever_asks_over_a_socket_is_online_though_their_note_still_waits(world: World) -> None:
    close_socket(world, "u0002-1")
    settle(world, 10_000)
    open_socket(world, user(2), "u0002-1", ROOM)
    for asked in ({"room": ROOM}, {"users": [user(2), user(1)]}):
        result = ask(world, user(2), action="presence", **asked)["result"]
        assert {"id": user(2), "name": "U0002"} in result["users"]
        assert result["online"] == len(result["users"]) == (3 if "room" in asked else 2)
    assert user(2) not in str(ask(world, user(2), action="presence", users=[user(1)])["result"])


def test_whoever_asks_over_http_is_online_by_their_sockets_only(world: World) -> None:
    close_socket(world, "u0002-1")
    settle(world, 10_000)
    sender = Sender(user=user(2), name="U0002", connection=f"{VIRTUAL}2")
    frame = {"action": "presence", "id": "1", "room": ROOM}
    result = json.loads(commands.answer(world.services, sender, json.dumps(frame)))["result"]
    assert [each["id"] for each in result["users"]] == [user(0), user(1)]


def test_the_same_news_twice_is_told_once(world: World) -> None:
    close_socket(world, "u0002-1")
    world.notices_queue.bodies *= 3
    settle(world, 10_000)
    assert heard(world, "u0000-1") == [(user(2), False)]


def test_a_socket_that_opens_while_its_user_is_being_told_offline_is_not_forgotten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new socket comes between looking at the sockets and storing the change, and its own look sees nothing."""
    book = world.services.notices.presence
    change = book.change

    def change_late(told: Any, now: Any) -> bool:
        monkeypatch.setattr(book, "change", change)
        open_socket(world, user(2), "back", ROOM)
        settle(world)
        return change(told, now)

    close_socket(world, "u0002-1")
    monkeypatch.setattr(book, "change", change_late)
    settle(world, 10_000)
    settle(world, 5_000)
    assert (user(2), False) not in heard(world, "u0000-1")
    online = ask(world, user(0), action="presence", users=[user(2)])["result"]
    assert online["online"] == 1


@pytest.mark.parametrize("cut_off_at", ["own_rooms", "of_rooms"])
def test_a_change_that_was_stored_by_a_run_that_died_is_told_by_its_repeat(
    world: World, monkeypatch: pytest.MonkeyPatch, cut_off_at: str
) -> None:
    bundle = world.services.notices
    cut_off = bundle.rooms if cut_off_at == "own_rooms" else bundle.followers

    def fail(*_: Any) -> None:
        raise UnavailableError("no answer")

    close_socket(world, "u0002-1")
    world.clock.pass_ms(10_000)
    with monkeypatch.context() as patched:
        patched.setattr(cut_off, cut_off_at, fail)
        with pytest.raises(UnavailableError):
            presence.settle(bundle, user(2))
    assert posts(world) == 0
    presence.settle(bundle, user(2))
    presence.settle(bundle, user(2))
    assert heard(world, "u0000-1") == heard(world, "u0001-1") == [(user(2), False)]


def test_a_socket_that_opened_and_closed_while_its_user_was_being_told_offline_leaves_them_told_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run that stored the change saw the new socket and told nothing; when it looks again, the socket is gone."""
    book = world.services.notices.presence
    change = book.change

    def change_late(told: Any, now: Any) -> bool:
        monkeypatch.setattr(book, "change", change)
        open_socket(world, user(2), "blink", ROOM)
        return change(told, now)

    close_socket(world, "u0002-1")
    monkeypatch.setattr(book, "change", change_late)
    settle(world, 10_000)
    assert heard(world, "u0000-1") == []
    close_socket(world, "blink")
    settle(world, 10_000)
    assert heard(world, "u0000-1") == [(user(2), False)]


def test_a_socket_whose_disconnect_never_came_counts_until_its_row_ends(world: World) -> None:
    def online() -> int:
        return int(ask(world, user(0), action="presence", users=[user(2)])["result"]["online"])

    assert online() == 1
    world.clock.pass_ms(2 * 3_600_000 + 600_000)
    assert online() == 0
    presence.settle(world.services.notices, user(2))
    assert posts(world) == 0


def test_moving_to_a_new_socket_keeps_somebody_online_beyond_the_first_ones_end(world: World) -> None:
    world.clock.pass_ms(3_600_000)
    open_socket(world, user(2), "second", ROOM)
    settle(world)
    close_socket(world, "u0002-1")
    settle(world, 10_000)
    world.clock.pass_ms(6_000_000)
    assert ask(world, user(0), action="presence", users=[user(2)])["result"]["online"] == 1
    assert posts(world) == 0


def test_a_small_room_names_its_members_who_are_online(world: World) -> None:
    close_socket(world, "u0001-1")
    settle(world, 10_000)
    ask(world, user(0), action="invite", room=ROOM, user="zoe")
    result = ask(world, user(0), action="presence", room=ROOM)["result"]
    assert (result["room"], result["online"], result["listed"]) == (ROOM, 2, True)
    assert result["users"] == [{"id": "u0000", "name": "U0000"}, {"id": "u0002", "name": "U0002"}]


@pytest.mark.parametrize(("size", "listed"), [(2, True), (10, True), (100, True), (101, False), (1000, False)])
def test_up_to_a_hundred_members_are_named_and_more_are_counted(size: int, listed: bool) -> None:  # noqa: FBT001
    world = settled(crowd(size), size)
    result = ask(world, user(0), action="presence", room=ROOM)["result"]
    assert (result["listed"], result["online"], len(result["users"])) == (listed, size, size if listed else 0)


def test_in_a_large_room_users_with_two_sockets_count_once_and_the_count_is_kept_for_all() -> None:
    world = crowd(1_000)
    for number in range(10):
        open_socket(world, user(number), f"phone-{number}", ROOM)
    first = ask(world, user(0), action="presence", room=ROOM)["result"]
    assert first["online"] == 1_000
    world.connections_table.calls.clear()
    world.clock.pass_ms(1_000)
    assert ask(world, user(1), action="presence", room=ROOM)["result"]["as_of_ms"] == first["as_of_ms"]
    assert world.connections_table.calls == ["get"]
    world.clock.pass_ms(10)
    assert ask(world, user(2), action="presence", room=ROOM)["result"]["as_of_ms"] == world.clock.now_ms()


def test_asking_for_a_hundred_users_is_one_call(world: World) -> None:
    world.connections_table.calls.clear()
    result = ask(world, user(0), action="presence", users=[user(number) for number in range(100)])["result"]
    assert (result["room"], result["online"], result["listed"]) == (None, 3, True)
    assert world.connections_table.calls == ["get_many"]


def test_a_question_names_a_room_or_users_and_a_room_answers_its_members(world: World) -> None:
    refused: list[dict[str, Any]] = [{}, {"room": ROOM, "users": ["u0001"]}, {"users": []}, {"users": ["x"] * 101}]
    for fields in refused:
        assert ask(world, user(0), action="presence", **fields)["code"] == "invalid_field"
    world.connect("eve")
    assert ask(world, "eve", action="presence", room=ROOM)["code"] == "not_a_member"


def test_a_door_without_a_queue_still_opens(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise UnavailableError("no queue")

    monkeypatch.setattr(world.notices_queue, "send", refuse)
    presence.socket_opened(world.notices_queue, user(0))
    presence.socket_closed(world.notices_queue, user(0))
