"""Reactions and pins: counted exactly whoever repeats, listed in pages, told to the room."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.world import World
from tests.unit.moderated_room import ask, between, furnished, message, outcome, result


@pytest.fixture
def world() -> World:
    return furnished()


def react(world: World, user: str, emoji: str = "👍", *, remove: bool = False) -> dict[str, Any]:
    return result(world, user, action="react", room="lunch", seq=1, emoji=emoji, remove=remove)


def reactors(world: World, **fields: Any) -> list[tuple[str, str]]:
    seen, after = [], None
    while True:
        page = result(world, "bea", action="reactions", room="lunch", seq=1, after=after, **fields)
        seen += [(each["user"]["id"], each["emoji"]) for each in page["reactions"]]
        after = page["after"]
        if after is None:
            return seen


def test_reactions_are_counted_by_emoji_the_most_frequent_first(world: World) -> None:
    for user, emoji in (("ada", "🎉"), ("bea", "👍"), ("mia", "👍"), ("bea", "🎉"), ("bob", "👍")):
        last = react(world, user, emoji)
    assert last["reactions"] == [{"emoji": "👍", "count": 3}, {"emoji": "🎉", "count": 2}]
    assert message(world)["reactions"] == last["reactions"]
    assert (message(world, reader="mia")["mine"], message(world, reader="bob")["mine"]) == (["👍"], ["👍"])
    assert sorted(message(world, reader="bea")["mine"]) == sorted(["👍", "🎉"])


def test_a_repeat_counts_nothing_and_tells_nobody(world: World) -> None:
    first = react(world, "bea")
    assert react(world, "bea") == first
    assert len(world.sockets.heard("ada-1", "reactions_changed")) == 1
    react(world, "bea", remove=True)
    assert react(world, "bea", remove=True)["reactions"] == []
    assert react(world, "mia", remove=True)["reactions"] == []
    assert len(world.sockets.heard("ada-1", "reactions_changed")) == 2


def test_the_same_reaction_from_two_devices_at_once_counts_once(world: World) -> None:
    between(world, lambda: react(world, "bea"))
    assert react(world, "bea")["reactions"] == [{"emoji": "👍", "count": 1}]
    react(world, "mia")
    between(world, lambda: react(world, "bea", remove=True))
    assert react(world, "bea", remove=True)["reactions"] == [{"emoji": "👍", "count": 1}]
    assert reactors(world) == [("mia", "👍")]


def test_reactions_of_several_at_once_are_all_counted(world: World) -> None:
    between(world, lambda: (react(world, "ada"), react(world, "mia", "🎉")))
    react(world, "bea")
    assert message(world)["reactions"] == [{"emoji": "👍", "count": 2}, {"emoji": "🎉", "count": 1}]


def test_the_room_is_told_who_did_what_and_what_there_is_now(world: World) -> None:
    react(world, "bea")
    react(world, "bea", remove=True)
    added, removed = world.sockets.heard("ada-1", "reactions_changed")
    assert added == {
        "type": "reactions_changed",
        "room": "lunch",
        "seq": 1,
        "rev": 1,
        "reactions": [{"emoji": "👍", "count": 1}],
        "user": {"id": "bea", "name": "Bea"},
        "emoji": "👍",
        "removed": False,
    }
    assert (removed["rev"], removed["reactions"], removed["removed"]) == (2, [], True)
    assert world.sockets.heard("bea-1", "reactions_changed") == []


def test_a_message_has_twenty_different_emoji_at_most(world: World) -> None:
    for number in range(20):
        react(world, "bea", f"e{number}")
    refused = ask(world, "bea", action="react", room="lunch", seq=1, emoji="one-more")
    assert outcome(refused) == "not_allowed"
    react(world, "mia", "e3")
    react(world, "bea", "e0", remove=True)
    react(world, "bea", "one-more")


@pytest.mark.parametrize("emoji", ["", "two words", "x" * 33])
def test_what_is_no_emoji_is_refused(world: World, emoji: str) -> None:
    assert outcome(ask(world, "bea", action="react", room="lunch", seq=1, emoji=emoji)) == "invalid_field"


def test_only_who_may_post_reacts_and_only_members_see_who_did(world: World) -> None:
    ask(world, "ada", action="set_role", room="lunch", user="bea", role="reader")
    assert outcome(ask(world, "bea", action="react", room="lunch", seq=1, emoji="👍")) == "not_allowed"
    assert outcome(ask(world, "bea", action="reactions", room="lunch", seq=1)) == "ack"
    assert outcome(ask(world, "eve", action="reactions", room="lunch", seq=1)) == "not_a_member"
    assert outcome(ask(world, "ada", action="react", room="lunch", seq=7, emoji="👍")) == "message_not_found"


def test_who_reacted_is_listed_in_pages_for_one_emoji_or_all(world: World) -> None:
    everybody = [f"user{number}" for number in range(12)]
    for user in everybody:
        world.connect(user)
        ask(world, user, action="join", room="lunch")
        react(world, user, "👍")
        if user < "user5":
            react(world, user, "🎉")
    for limit in (1, 5, 100):
        assert sorted(reactors(world, emoji="👍", limit=limit)) == sorted((user, "👍") for user in everybody)
        some = [(user, "🎉") for user in everybody if user < "user5"]
        assert sorted(reactors(world, emoji="🎉", limit=limit)) == sorted(some)
        assert len(set(reactors(world, limit=limit))) == len(everybody) + len(some)
    assert reactors(world, emoji="👎") == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["ada", "bea", "mia"]), st.sampled_from("xy"), st.booleans(), st.booleans()),
        max_size=20,
    )
)
def test_counts_are_those_of_a_set_whatever_is_repeated(script: list[tuple[str, str, bool, bool]]) -> None:
    world = furnished()
    expected: set[tuple[str, str]] = set()
    for user, emoji, remove, twice in script:
        if twice:
            between(world, lambda user=user, emoji=emoji, remove=remove: react(world, user, emoji, remove=remove))  # type: ignore[misc]
        react(world, user, emoji, remove=remove)
        expected = expected - {(user, emoji)} if remove else expected | {(user, emoji)}
        counts = {each["emoji"]: each["count"] for each in message(world)["reactions"]}
        assert counts == {name: count for name in "xy" if (count := sum(name == each for _, each in expected))}
    assert set(reactors(world)) == expected


def test_moderators_pin_and_everybody_sees_the_list(world: World) -> None:
    for text in ("two", "three"):
        result(world, "bob", action="send", room="lunch", text=text)
    for seq in (3, 1):
        result(world, "mia", action="pin", room="lunch", seq=seq)
    first = result(world, "ada", action="pin", room="lunch", seq=1)
    assert first["rev"] == 2  # it was pinned before: nothing was left to do
    listed = result(world, "bea", action="pins", room="lunch")["messages"]
    assert [(each["seq"], each["text"], each["pinned"]) for each in listed] == [(1, "Hello", True), (3, "three", True)]
    result(world, "ada", action="pin", room="lunch", seq=1, remove=True)
    assert [each["seq"] for each in result(world, "bea", action="pins", room="lunch")["messages"]] == [3]
    events = [(each["seq"], each["pinned"], each["rev"]) for each in world.sockets.heard("bea-1", "pins_changed")]
    assert events == [(3, True, 1), (1, True, 2), (1, False, 3)]
    assert message(world)["pinned"] is False


def test_others_neither_pin_nor_see_pins_of_a_room_they_are_not_in(world: World) -> None:
    assert outcome(ask(world, "bob", action="pin", room="lunch", seq=1)) == "not_allowed"
    assert outcome(ask(world, "eve", action="pins", room="lunch")) == "not_a_member"
    assert outcome(ask(world, "mia", action="pin", room="lunch", seq=5)) == "message_not_found"


def test_a_room_has_a_hundred_pins_at_most(world: World) -> None:
    for _ in range(100):
        result(world, "bob", action="send", room="lunch", text="pin me")
    for seq in range(1, 101):
        result(world, "mia", action="pin", room="lunch", seq=seq)
        world.clock.pass_ms(100)
    assert outcome(ask(world, "mia", action="pin", room="lunch", seq=101)) == "not_allowed"
    assert outcome(ask(world, "mia", action="pin", room="lunch", seq=100)) == "ack"  # it is pinned already
    listed = result(world, "bea", action="pins", room="lunch")
    assert (len(listed["messages"]), listed["after"]) == (100, None)


def test_pins_that_do_not_fit_into_a_frame_are_listed_in_pages(world: World) -> None:
    for number in range(2, 42):
        result(world, "bob", action="send", room="lunch", text=f"{number} " + "ü" * 5_000)
        result(world, "mia", action="pin", room="lunch", seq=number)
    seen: list[int] = []
    after = None
    while True:
        page = result(world, "bea", action="pins", room="lunch", after=after)
        seen += [each["seq"] for each in page["messages"]]
        after = page["after"]
        if after is None:
            break
    assert seen == list(range(2, 42))
