"""Changes to messages: who may make them, in which order they stand, and what they cost."""

import json
from typing import Any

import pytest

from chat.errors import UnavailableError
from chat.events import MessagePosted
from chat.ports import Query, TransactionError, Write
from chat.search import index
from chat.storage import keys
from simulation.table import MemoryTable
from simulation.world import World
from tests.unit.moderated_room import ask, between, edit, furnished, message, outcome, result


@pytest.fixture
def world() -> World:
    return furnished()


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


def test_an_edit_that_is_stored_is_not_said_to_be_refused_when_it_is_sent_again(world: World) -> None:
    first = edit(world, "second thoughts", id="e1")
    ask(world, "ada", action="mute", room="lunch", user="bob", for_s=60)
    assert edit(world, "second thoughts", id="e1") == first
    assert outcome(ask(world, "bob", action="edit", id="e2", room="lunch", seq=1, text="third")) == "muted"
    result(world, "ada", action="delete", room="lunch", seq=1)
    assert edit(world, "second thoughts", id="e1")["version"] == first["version"]


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


def words(world: World) -> set[str]:
    return {pk.rpartition("#")[2] for pk, _ in world.messages_table.items if pk.startswith("w#")}


def test_words_of_a_text_that_is_not_stored_after_all_leave_the_index(world: World) -> None:
    edit(world, "second thoughts", id="e1")
    edit(world, "third thoughts", id="e2")
    edit(world, "second thoughts", id="e1")  # sent again: what was stored since stands
    assert words(world) == {"third", "thoughts"}
    between(world, lambda: result(world, "mia", action="delete", room="lunch", seq=1))
    assert outcome(ask(world, "bob", action="edit", room="lunch", seq=1, text="too late")) == "message_deleted"
    assert words(world) == set()


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


def test_a_transaction_that_is_refused_for_no_reason_of_ours_is_not_hidden(world: World) -> None:
    def transact(writes: list[Write], *, token: str | None = None) -> None:
        del writes, token
        raise TransactionError({0: None})

    world.messages_table.transact = transact  # type: ignore[method-assign, assignment]
    assert outcome(ask(world, "bob", action="edit", room="lunch", seq=1, text="x")) == "unavailable"
