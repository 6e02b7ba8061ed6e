"""Catching up: who was away learns from `subscribe` and `sync` what has become of the messages they have."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.storage import keys
from simulation.world import World
from tests.unit.moderated_room import ask, between, edit, furnished, outcome, result


@pytest.fixture
def world() -> World:
    return furnished()


def test_who_was_away_is_told_what_became_of_messages_they_have(world: World) -> None:
    for text in ("two", "three"):
        result(world, "bob", action="send", room="lunch", text=text)
    before = result(world, "bea", action="subscribe", room="lunch", after=3)
    assert (before["last_rev"], before["changed"], before["changes_gap"]) == (0, [], False)
    edit(world, "Hello!")
    edit(world, "Hello!!")
    result(world, "mia", action="delete", room="lunch", seq=3)
    ask(world, "ada", action="react", room="lunch", seq=2, emoji="👍")
    reply = result(world, "bea", action="subscribe", room="lunch", after=3, after_rev=before["last_rev"])
    assert (reply["last_rev"], reply["room"]["last_rev"], reply["changes_gap"]) == (4, 4, False)
    shown = [(each["seq"], each["kind"], each["text"], each["version"]) for each in reply["changed"]]
    assert shown == [(1, "text", "Hello!!", 3), (2, "text", "two", 1), (3, "deleted", "", 2)]
    assert reply["changed"][1]["reactions"] == [{"emoji": "👍", "count": 1}]
    again = result(world, "bea", action="subscribe", room="lunch", after=3, after_rev=reply["last_rev"])
    assert (again["changed"], again["last_rev"]) == ([], 4)


@pytest.mark.parametrize(("changes", "gap"), [(100, False), (101, True)])
def test_of_more_than_a_hundred_changes_only_that_there_were_some_is_told(
    world: World,
    changes: int,
    gap: bool,  # noqa: FBT001
) -> None:
    for number in range(changes):
        edit(world, f"text {number}")
        world.clock.pass_ms(100)
    reply = result(world, "bea", action="subscribe", room="lunch", after=1, after_rev=0)
    assert (reply["changes_gap"], len(reply["changed"]), reply["last_rev"]) == (gap, 0 if gap else 1, changes)


def test_of_more_reactions_than_a_frame_takes_only_that_there_were_some_is_told(world: World) -> None:
    for seq in range(2, 82):
        result(world, "bob", action="send", room="lunch", text="Which one?")
        pk, sk = keys.message("lunch", seq)
        votes = {f":choice-{number:02}-of-the-many-here:": 3 for number in range(19)}
        world.messages_table.update((pk, sk), assign={"reactions": votes})
        result(world, "bea", action="react", room="lunch", seq=seq, emoji="👍")
        world.clock.pass_ms(10)
    reply = result(world, "bea", action="subscribe", room="lunch", after=81, after_rev=0)
    assert (reply["changes_gap"], reply["changed"], reply["last_rev"]) == (True, [], 80)
    assert len(result(world, "bea", action="subscribe", room="lunch", after=81, after_rev=60)["changed"]) == 20


def test_of_more_text_than_a_frame_takes_only_that_there_was_some_is_told(world: World) -> None:
    for number in range(7):
        seq = result(world, "bob", action="send", room="lunch", text="short")["seq"]
        edit(world, f"{number}" * 8_000, seq)
    reply = result(world, "bea", action="subscribe", room="lunch", after=8, after_rev=0)
    assert (reply["changes_gap"], reply["changed"], reply["last_rev"]) == (True, [], 7)


def test_a_change_that_is_still_being_stored_is_not_passed_over(world: World) -> None:
    edit(world, "one")
    world.messages_table.update(keys.counter("lunch"), add={"rev": 1}, assign={"changed_at_ms": world.clock.now_ms()})
    edit(world, "two")
    for after_rev in ({"after_rev": 1}, {}, {"after_rev": 0}):
        assert result(world, "bea", action="subscribe", room="lunch", **after_rev)["last_rev"] == 1
    world.clock.pass_ms(60_001)
    reply = result(world, "bea", action="subscribe", room="lunch", after_rev=1)
    assert (reply["last_rev"], [each["text"] for each in reply["changed"]]) == (3, ["two"])
    assert result(world, "bea", action="subscribe", room="lunch")["last_rev"] == 3


def test_a_sync_names_the_rooms_in_which_messages_have_changed(world: World) -> None:
    edit(world, "Hello!")
    answer = result(world, "bea", action="sync", rooms={"lunch": 1}, revs={"lunch": 0})
    assert (answer["rooms"], answer["revs"]) == ({}, {"lunch": 1})
    assert result(world, "bea", action="sync", rooms={"lunch": 1}, revs={"lunch": 1})["revs"] == {}
    assert result(world, "eve", action="sync", rooms={}, revs={"lunch": 0})["revs"] == {}
    assert result(world, "bea", action="sync", rooms={"lunch": 1})["revs"] == {}


def test_a_sync_names_the_rooms_that_one_is_not_in(world: World) -> None:
    assert result(world, "bea", action="sync", rooms={"lunch": 1}, revs={"lunch": 0})["outside"] == []
    assert result(world, "eve", action="sync", rooms={"lunch": 1}, revs={"lunch": 0})["outside"] == ["lunch"]
    assert result(world, "eve", action="sync", rooms={}, revs={"lunch": 0})["outside"] == ["lunch"]


Step = tuple[str, str, int, str, bool]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["edit", "delete", "react", "unreact", "pin", "unpin"]),
        st.sampled_from(["bob", "mia", "ada"]),
        st.integers(1, 3),
        st.sampled_from(["a", "b", "c"]),
        st.booleans(),
    ),
    max_size=25,
)


def step(world: World, script: list[Step]) -> None:
    """Carries out the first step, the next one in the middle of it where the step says so."""
    while script:
        action, user, seq, word, interrupted = script.pop(0)
        if interrupted:
            between(world, lambda: step(world, [script.pop(0)] if script else []))
        known: dict[str, dict[str, Any]] = {
            "edit": {"text": word},
            "delete": {},
            "pin": {},
            "unpin": {"remove": True},
        }
        fields = known.get(action, {"emoji": word, "remove": action == "unreact"})
        reply = ask(world, user, action=action.removeprefix("un"), room="lunch", seq=seq, **fields)
        assert outcome(reply) in {"ack", "not_allowed", "message_deleted", "invalid_field"}, reply


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_comes_between_what_a_follower_knows_is_what_stands(script: list[Step]) -> None:
    """Changes that interleave in any way: recovered from any point, a copy is the message, and counts are exact."""
    world = furnished()
    for text in ("two", "three"):
        result(world, "bob", action="send", room="lunch", text=text)
    copies: dict[int, Any] = {}
    known = 0
    while script:
        chunk, script = script[:4], script[4:]
        step(world, chunk)
        reply = result(world, "bea", action="subscribe", room="lunch", after_rev=known)
        assert reply["last_rev"] == reply["room"]["last_rev"]  # nobody died: every number is closed
        known = reply["last_rev"]
        copies |= {each["seq"]: each for each in reply["changed"]}
    stands = {each["seq"]: each for each in result(world, "bea", action="history", room="lunch")["messages"]}
    assert copies == {seq: each for seq, each in stands.items() if each["rev"]}
    for seq, each in stands.items():
        if each["kind"] == "deleted":
            continue
        rows = result(world, "bea", action="reactions", room="lunch", seq=seq)["reactions"]
        counts: dict[str, int] = {}
        for row in rows:
            counts[row["emoji"]] = counts.get(row["emoji"], 0) + 1
        assert {reaction["emoji"]: reaction["count"] for reaction in each["reactions"]} == counts
    pinned = [each["seq"] for each in result(world, "bea", action="pins", room="lunch")["messages"]]
    assert pinned == [seq for seq, each in sorted(stands.items()) if each["pinned"]]
