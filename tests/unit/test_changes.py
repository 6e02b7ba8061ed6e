"""Changes to messages: who may make them, in which order they stand, and how who was away learns of them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat import commands
from chat.errors import UnavailableError
from chat.events import MessagePosted
from chat.ports import Query, Sender, TransactionError, Write
from chat.search import index
from chat.storage import keys
from simulation.table import MemoryTable
from simulation.world import World


@pytest.fixture
def world() -> World:
    return furnished()


def furnished() -> World:
    """Ada owns the room, Mia moderates, Bob and Bea are members; all of them listen, and Bob has said something."""
    world = World()
    for user in ("ada", "mia", "bob", "bea", "eve"):
        world.connect(user)
    invited = ["mia", "bob", "bea"]
    ask(world, "ada", action="create", id="make", title="Lunch", room="lunch", members=invited)
    ask(world, "ada", action="set_role", room="lunch", user="mia", role="moderator")
    for user in ("ada", *invited):
        ask(world, user, action="subscribe", room="lunch")
    assert result(world, "bob", action="send", id="first", room="lunch", text="Hello")["seq"] == 1
    world.sockets.received.clear()
    return world


def ask(world: World, asker: str, /, **command: Any) -> dict[str, Any]:
    connection = command.pop("connection", f"{asker}-1")
    calls = sum(len(table.calls) for table in (world.messages_table, world.rooms_table, world.connections_table))
    sender = Sender(user=asker, name=asker.capitalize(), connection=connection)
    frame = json.dumps({"id": f"{asker}{calls}", **command})
    reply: dict[str, Any] = json.loads(commands.answer(world.services, sender, frame))
    return reply


def result(world: World, asker: str, /, **command: Any) -> dict[str, Any]:
    reply = ask(world, asker, **command)
    assert reply["type"] == "ack", reply
    found: dict[str, Any] = reply["result"]
    return found


def outcome(reply: dict[str, Any]) -> str:
    return str(reply.get("code", "ack"))


def message(world: World, seq: int = 1, reader: str = "bea") -> dict[str, Any]:
    (found,) = result(world, reader, action="history", room="lunch", around=seq, limit=1)["messages"]
    assert found["seq"] == seq
    return dict(found)


def edit(world: World, text: str, seq: int = 1, **more: Any) -> dict[str, Any]:
    return result(world, "bob", action="edit", room="lunch", seq=seq, text=text, **more)


def between(world: World, act: Callable[[], object], *, times: int = 1) -> None:
    """Lets something happen right before each of the next transactions."""
    table = world.messages_table
    genuine = MemoryTable.transact
    left = [times]

    def transact(writes: list[Write], *, token: str | None = None) -> None:
        if left[0]:
            left[0] -= 1
            table.transact = genuine.__get__(table)  # type: ignore[method-assign]
            act()
            table.transact = transact  # type: ignore[method-assign, assignment]
        genuine(table, writes, token=token)

    table.transact = transact  # type: ignore[method-assign, assignment]


@pytest.mark.parametrize(
    ("actor", "command", "expected"),
    [
        ("bob", {"action": "edit", "text": "Hi"}, "ack"),
        ("ada", {"action": "edit", "text": "Hi"}, "not_allowed"),
        ("mia", {"action": "edit", "text": "Hi"}, "not_allowed"),
        ("eve", {"action": "edit", "text": "Hi"}, "not_a_member"),
        ("bob", {"action": "edit", "text": " "}, "invalid_field"),
        ("bob", {"action": "edit", "text": "Hi", "seq": 9}, "message_not_found"),
        ("bob", {"action": "delete"}, "ack"),
        ("bea", {"action": "delete"}, "not_allowed"),
        ("mia", {"action": "delete"}, "ack"),
        ("ada", {"action": "delete"}, "ack"),
        ("eve", {"action": "delete"}, "not_a_member"),
        ("bob", {"action": "delete", "seq": 9}, "message_not_found"),
    ],
)
def test_who_may_change_which_message(world: World, actor: str, command: dict[str, Any], expected: str) -> None:
    assert outcome(ask(world, actor, **{"room": "lunch", "seq": 1, **command})) == expected


def test_an_edit_is_a_version_with_its_author_and_its_time(world: World) -> None:
    world.clock.pass_ms(1_000)
    assert edit(world, "Hello!") == {"room": "lunch", "seq": 1, "version": 2, "rev": 1}
    shown = message(world)
    assert (shown["text"], shown["version"], shown["rev"]) == ("Hello!", 2, 1)
    assert (shown["changed_by"], shown["changed_at_ms"]) == ({"id": "bob", "name": "Bob"}, world.clock.now_ms())
    assert shown["sent_at_ms"] < shown["changed_at_ms"]
    (page,) = world.messages_table.query(Query(keys.change_bucket("lunch", 0)))
    (row,) = page.items
    assert (row["seq"], row["what"], row["version"], row["user"]) == (1, "edited", 2, "bob")


def test_everybody_who_listens_hears_of_a_change_but_its_maker(world: World) -> None:
    edit(world, "Hello!")
    assert world.sockets.listeners("message_changed") == {"ada-1", "mia-1", "bea-1"}
    (event,) = world.sockets.heard("ada-1", "message_changed")
    assert (event["message"]["text"], event["message"]["version"], event["message"]["rev"]) == ("Hello!", 2, 1)


def test_a_deleted_message_keeps_its_number_and_nothing_that_was_said(world: World) -> None:
    ask(world, "bea", action="react", room="lunch", seq=1, emoji="👍")
    ask(world, "mia", action="pin", room="lunch", seq=1)
    result(world, "mia", action="delete", room="lunch", seq=1)
    shown = message(world)
    assert (shown["kind"], shown["text"], shown["reactions"], shown["pinned"]) == ("deleted", "", [], False)
    assert (shown["from"]["id"], shown["changed_by"]["id"]) == ("bob", "mia")
    assert result(world, "bea", action="pins", room="lunch")["messages"] == []
    assert "Hello" not in json.dumps(list(world.messages_table.items.values()))
    event = world.sockets.heard("bea-1", "message_changed")[-1]
    assert event["message"]["kind"] == "deleted"


def test_deleting_twice_is_deleting_once(world: World) -> None:
    first = result(world, "bob", action="delete", room="lunch", seq=1)
    assert result(world, "bob", action="delete", room="lunch", seq=1) == first
    assert len(world.sockets.heard("ada-1", "message_changed")) == 1


def test_nothing_more_can_be_done_to_a_deleted_message(world: World) -> None:
    result(world, "bob", action="delete", room="lunch", seq=1)
    for user, command in (
        ("bob", {"action": "edit", "text": "again"}),
        ("bea", {"action": "react", "emoji": "👍"}),
        ("bea", {"action": "reactions"}),
        ("mia", {"action": "pin"}),
    ):
        assert outcome(ask(world, user, room="lunch", seq=1, **command)) == "message_deleted", command


def test_an_edit_that_is_sent_again_keeps_its_version_and_undoes_no_later_one(world: World) -> None:
    first = edit(world, "second thoughts", id="e1")
    edit(world, "third thoughts", id="e2")
    assert edit(world, "second thoughts", id="e1")["version"] == first["version"] == 2
    assert (message(world)["text"], message(world)["version"]) == ("third thoughts", 3)
    assert len(world.sockets.heard("ada-1", "message_changed")) == 2


def test_the_id_of_another_command_is_refused_for_an_edit_and_the_other_way_round(world: World) -> None:
    assert outcome(ask(world, "bob", action="edit", id="first", room="lunch", seq=1, text="x")) == "invalid_field"
    edit(world, "y", id="e1")
    assert outcome(ask(world, "bob", action="send", id="e1", room="lunch", text="z")) == "invalid_field"


def test_of_edits_at_the_same_time_the_one_with_the_highest_version_stands(world: World) -> None:
    between(world, lambda: edit(world, "from the phone", connection="phone"))
    assert edit(world, "from the laptop")["version"] == 3
    shown = message(world)
    assert (shown["text"], shown["version"], shown["rev"]) == ("from the laptop", 3, 3)
    versions = [(event["message"]["version"], event["message"]["text"]) for event in heard(world)]
    assert sorted(versions) == [(2, "from the phone"), (3, "from the laptop")]


def heard(world: World) -> list[dict[str, Any]]:
    return world.sockets.heard("ada-1", "message_changed")


def test_an_edit_that_meets_a_deletion_is_refused_and_closes_its_number(world: World) -> None:
    between(world, lambda: result(world, "mia", action="delete", room="lunch", seq=1))
    assert outcome(ask(world, "bob", action="edit", room="lunch", seq=1, text="too late")) == "message_deleted"
    assert message(world)["kind"] == "deleted"
    reply = result(world, "bea", action="subscribe", room="lunch", after_rev=0)
    assert (reply["last_rev"], [changed["seq"] for changed in reply["changed"]]) == (2, [1])


def test_a_message_that_others_keep_changing_is_said_to_be_busy(world: World) -> None:
    reactors = iter(range(100))
    between(
        world,
        lambda: result(world, "bea", action="react", room="lunch", seq=1, emoji=f"e{next(reactors)}"),
        times=50,
    )
    refused = ask(world, "bob", action="edit", room="lunch", seq=1, text="x")
    assert (refused["code"], refused["temporary"]) == ("unavailable", True)


def test_a_muted_author_can_delete_and_not_edit(world: World) -> None:
    ask(world, "ada", action="mute", room="lunch", user="bob", for_s=60)
    assert outcome(ask(world, "bob", action="edit", room="lunch", seq=1, text="x")) == "muted"
    assert outcome(ask(world, "bob", action="delete", room="lunch", seq=1)) == "ack"


def test_an_edit_brings_in_no_word_that_the_room_does_not_take(world: World) -> None:
    ask(world, "ada", action="configure", room="lunch", blocked_words=["spam"])
    world.clock.pass_ms(6_000)
    assert outcome(ask(world, "bob", action="edit", room="lunch", seq=1, text="Spam!")) == "blocked_word"


def test_a_search_finds_the_words_that_a_message_has_now(world: World) -> None:
    posted = MessagePosted("lunch/1", "lunch", 1, "text", "bob", "Bob", "Hello", 0)
    index(world.services.search_index, posted)

    def found(query: str) -> list[int]:
        page = result(world, "bea", action="search", room="lunch", query=query)
        return [each["seq"] for each in page["messages"]]

    edit(world, "Goodbye")
    assert (found("hello"), found("goodbye")) == ([], [1])
    result(world, "bob", action="delete", room="lunch", seq=1)
    assert found("goodbye") == []
    assert not [pk for pk, _ in world.messages_table.items if pk.startswith("w#")]


def test_lists_of_rooms_show_what_the_newest_message_says_now(world: World) -> None:
    def preview() -> str:
        (room,) = result(world, "bea", action="rooms")["rooms"]
        return str(room["latest"]["text"])

    edit(world, "Hello!")
    assert preview() == "Hello!"
    world.services.rooms.show_latest("lunch", {"seq": 1, "author": "Bob", "text": "Hello", "sent_at_ms": 0})
    assert preview() == "Hello!"  # the event of the message itself came late
    result(world, "bob", action="delete", room="lunch", seq=1)
    assert preview() == "deleted a message"


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


def test_a_writer_that_finds_its_number_closed_takes_another(world: World) -> None:
    pk, sk = keys.change("lunch", 1)
    world.messages_table.put({"pk": pk, "sk": sk, "room": "lunch", "what": "void", "changed_at_ms": 0})
    assert edit(world, "late")["rev"] == 2


def test_a_change_whose_answer_is_lost_is_made_once(world: World) -> None:
    genuine = MemoryTable.transact

    def transact(writes: list[Write], *, token: str | None = None) -> None:
        genuine(world.messages_table, writes, token=token)
        raise UnavailableError("no answer")

    world.messages_table.transact = transact  # type: ignore[method-assign, assignment]
    assert outcome(ask(world, "bob", action="edit", id="e1", room="lunch", seq=1, text="x")) == "unavailable"
    world.messages_table.transact = genuine.__get__(world.messages_table)  # type: ignore[method-assign]
    assert edit(world, "x", id="e1")["version"] == 2
    assert result(world, "bea", action="subscribe", room="lunch", after_rev=0)["last_rev"] == message(world)["rev"] == 1


def test_a_sync_names_the_rooms_in_which_messages_have_changed(world: World) -> None:
    edit(world, "Hello!")
    answer = result(world, "bea", action="sync", rooms={"lunch": 1}, revs={"lunch": 0})
    assert (answer["rooms"], answer["revs"]) == ({}, {"lunch": 1})
    assert result(world, "bea", action="sync", rooms={"lunch": 1}, revs={"lunch": 1})["revs"] == {}
    assert result(world, "eve", action="sync", rooms={}, revs={"lunch": 0})["revs"] == {}
    assert result(world, "bea", action="sync", rooms={"lunch": 1})["revs"] == {}


def test_a_room_that_is_changed_too_fast_says_slow_down(world: World) -> None:
    world.services.change_pace.observe("lunch", 1, world.clock.now_ms() - 1_000)
    world.services.change_pace.observe("lunch", 1_000, world.clock.now_ms())
    for command in ({"action": "edit", "text": "x"}, {"action": "delete"}, {"action": "react", "emoji": "x"}):
        refused = ask(world, "bob", room="lunch", seq=1, **command)
        assert (refused["code"], refused["retry_after_ms"]) == ("slow_down", 1_000)


def test_changes_take_the_calls_that_are_said(world: World) -> None:
    ask(world, "mia", action="history", room="lunch")
    for user, command, calls in (
        (
            "bob",
            {"action": "edit", "text": "Hello!"},
            ["get!", "put_many", "get!", "update", "transact", "delete_many"],
        ),
        ("bea", {"action": "react", "emoji": "x"}, ["get!", "get!", "update", "transact"]),
        ("mia", {"action": "pin"}, ["query", "get!", "update", "transact"]),
        ("mia", {"action": "delete"}, ["get!", "update", "transact", "delete_many"]),
    ):
        world.messages_table.calls.clear()
        result(world, user, room="lunch", seq=1, **command)
        assert world.messages_table.calls == calls, command


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


def test_a_transaction_that_is_refused_for_no_reason_of_ours_is_not_hidden(world: World) -> None:
    def transact(writes: list[Write], *, token: str | None = None) -> None:
        del writes, token
        raise TransactionError({0: None})

    world.messages_table.transact = transact  # type: ignore[method-assign, assignment]
    assert outcome(ask(world, "bob", action="edit", room="lunch", seq=1, text="x")) == "unavailable"
