"""Threads and mentions: which messages belong together, and who is told that they were named."""

from typing import Any

import pytest

from chat import deliveries, mentions
from simulation.world import World
from tests.unit.moderated_room import ask, between, furnished, message, outcome, result


@pytest.fixture
def world() -> World:
    return furnished()


def say(world: World, user: str, text: str, **more: Any) -> int:
    return int(result(world, user, action="send", room="lunch", text=text, **more)["seq"])


def thread(world: World, root: int = 1, **bounds: Any) -> dict[str, Any]:
    return result(world, "bea", action="history", room="lunch", thread=root, **bounds)


def numbers(page: dict[str, Any]) -> list[int]:
    return [each["seq"] for each in page["messages"]]


def test_a_reply_is_in_the_thread_of_what_it_answers(world: World) -> None:
    first = say(world, "bea", "a reply", reply_to=1)
    say(world, "ada", "something else")
    second = say(world, "bob", "a reply to the reply", reply_to=first)
    shown = [(each["seq"], each["reply_to"], each["thread"]) for each in thread(world)["messages"]]
    assert shown == [(first, 1, 1), (second, first, 1)]
    root = message(world)
    assert (root["replies"], root["last_reply_seq"], root["thread"], root["reply_to"]) == (2, second, None, None)
    event = world.sockets.heard("mia-1")[-1]["message"]
    assert (event["reply_to"], event["thread"]) == (first, 1)


def test_a_reply_sent_again_counts_once(world: World) -> None:
    for _ in range(3):
        assert say(world, "bea", "a reply", id="r1", reply_to=1) == 2
    assert (message(world)["replies"], numbers(thread(world))) == (1, [2])


def test_replies_at_the_same_time_are_all_counted_and_burn_no_number(world: World) -> None:
    between(world, lambda: [say(world, "ada", f"{number}", reply_to=1) for number in range(3)])
    say(world, "bea", "mine", reply_to=1)
    root = message(world)
    assert (root["replies"], root["last_reply_seq"]) == (4, 5)
    assert numbers(thread(world)) == [2, 3, 4, 5]


def test_a_reply_and_an_edit_of_what_it_answers_do_not_undo_each_other(world: World) -> None:
    between(world, lambda: result(world, "bob", action="edit", room="lunch", seq=1, text="Hello!"))
    say(world, "bea", "a reply", reply_to=1)
    between(world, lambda: say(world, "mia", "another", reply_to=1))
    result(world, "bob", action="edit", room="lunch", seq=1, text="Hello!!")
    root = message(world)
    assert (root["text"], root["version"], root["replies"], root["last_reply_seq"]) == ("Hello!!", 3, 2, 3)


@pytest.mark.parametrize(
    ("bounds", "wanted", "more", "newer"),
    [
        ({}, [9, 11], True, False),
        ({"before": 9}, [5, 7], True, True),
        ({"before": 5}, [3], False, True),
        ({"before": 3}, [], False, True),
        ({"after": 0}, [3, 5], False, True),
        ({"after": 5}, [7, 9], True, True),
        ({"after": 7}, [9, 11], True, False),
        ({"after": 11}, [], True, False),
    ],
)
def test_a_thread_is_read_in_pages_both_ways(
    world: World,
    bounds: dict[str, int],
    wanted: list[int],
    more: bool,  # noqa: FBT001
    newer: bool,  # noqa: FBT001
) -> None:
    for number in range(5):
        say(world, "ada", f"not in it {number}")
        say(world, "bea", f"reply {number}", reply_to=1)
    page = thread(world, limit=2, **bounds)
    assert (numbers(page), page["more"], page["newer"]) == (wanted, more, newer)


def test_a_thread_goes_on_when_what_it_is_named_by_is_deleted(world: World) -> None:
    first = say(world, "bea", "a reply", reply_to=1)
    result(world, "bob", action="delete", room="lunch", seq=1)
    result(world, "bea", action="delete", room="lunch", seq=first)
    say(world, "ada", "another", reply_to=1)
    assert [each["kind"] for each in thread(world)["messages"]] == ["deleted", "text"]
    assert (message(world)["kind"], message(world)["replies"]) == ("deleted", 2)


def test_nobody_answers_what_is_not_there(world: World) -> None:
    assert outcome(ask(world, "bea", action="send", room="lunch", text="x", reply_to=9)) == "message_not_found"
    assert message(world)["seq"] == 1
    assert outcome(ask(world, "bea", action="history", room="lunch", thread=1, around=1)) == "invalid_field"
    assert outcome(ask(world, "eve", action="history", room="lunch", thread=1)) == "not_a_member"
    assert numbers(thread(world, root=77)) == []


def test_a_text_without_mentions_and_replies_takes_no_call_more(world: World) -> None:
    say(world, "bob", "warms the memory")
    world.messages_table.calls.clear()
    world.rooms_table.calls.clear()
    say(world, "bob", "mail to bob@example.com at 12")
    assert (world.messages_table.calls, world.rooms_table.calls) == (["update", "transact"], [])


def test_a_member_who_is_named_is_told_on_every_socket_subscribed_or_not(world: World) -> None:
    world.connect("bea", connection="phone")
    seq = say(world, "bob", "@bea, look; and @eve too. @bob @nobody")
    assert world.sockets.listeners("mention") == {"bea-1", "phone"}
    (event,) = world.sockets.heard("phone", "mention")
    assert (event["message"]["seq"], event["message"]["mentions"]) == (seq, ["bea", "bob"])
    assert message(world, seq)["mentions"] == ["bea", "bob"]
    assert world.sockets.heard("phone") == []


def test_a_mention_sent_again_is_of_the_same_message(world: World) -> None:
    for _ in range(2):
        say(world, "bob", "@bea", id="m1")
    assert {event["message"]["seq"] for event in world.sockets.heard("bea-1", "mention")} == {2}


def test_no_more_than_twenty_are_mentioned_by_name(world: World) -> None:
    users = [f"user{number}" for number in range(25)]
    for user in users:
        world.connect(user)
        ask(world, user, action="join", room="lunch")
    seq = say(world, "bob", " ".join(f"@{user}" for user in users))
    assert message(world, seq)["mentions"] == users[:20]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@bea", ["bea"]),
        ("(@bea)", ["bea"]),
        ("hi @bea.", ["bea"]),
        ("@bea's", ["bea"]),
        ("@bea-ta", []),
        ("x@bea", []),
        ("@@bea", []),
        ("@BEA", []),
        ("@bea @bea", ["bea"]),
    ],
)
def test_a_name_is_what_stands_behind_an_at_sign_of_its_own(world: World, text: str, named: list[str]) -> None:
    assert message(world, say(world, "bob", text))["mentions"] == named


def carry_out_all(world: World) -> None:
    while world.queue.bodies:
        assert deliveries.work_off(world.desk, [world.queue.bodies.pop(0)]) == [True]


def test_a_moderator_names_everybody_page_by_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mentions, "PAGE", 3)
    monkeypatch.setattr(mentions, "PAGES", 2)
    for number in range(20):
        world.connect(f"user{number}")
        ask(world, f"user{number}", action="join", room="lunch")
    ask(world, "ada", action="remove", room="lunch", user="user3", ban=True)
    world.queue.bodies.clear()
    seq = say(world, "mia", "@room lunch is ready")
    carry_out_all(world)
    told = world.sockets.listeners("mention")
    assert told == {f"user{n}-1" for n in range(20) if n != 3} | {"ada-1", "bob-1", "bea-1"}
    assert all(len(world.sockets.heard(connection, "mention")) == 1 for connection in told)
    assert message(world, seq)["mentions_room"] is True


def test_everybody_else_who_names_everybody_has_only_said_so(world: World) -> None:
    seq = say(world, "bob", "@room")
    assert (message(world, seq)["mentions_room"], world.queue.bodies) == (False, [])
    assert world.sockets.listeners("mention") == set()


def test_an_edit_says_anew_whom_it_mentions_and_tells_nobody_again(world: World) -> None:
    seq = say(world, "bob", "@bea")
    world.sockets.received.clear()
    result(world, "bob", action="edit", room="lunch", seq=seq, text="@mia")
    assert message(world, seq)["mentions"] == ["mia"]
    assert world.sockets.listeners("mention") == set()
