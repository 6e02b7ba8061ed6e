"""One frame in, one reply out, whatever the frame holds."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat import commands, protocol
from chat.ports import Sender
from simulation.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def ada(world: World) -> Sender:
    return world.connect("ada")


def ask(world: World, sender: Sender, **command: Any) -> dict[str, Any]:
    reply: dict[str, Any] = json.loads(commands.answer(world.services, sender, json.dumps(command)))
    return reply


def test_an_ack_carries_the_commands_id_and_action(world: World, ada: Sender) -> None:
    reply = ask(world, ada, action="ping", id="p1")
    assert reply == {"type": "ack", "id": "p1", "action": "ping", "result": {"now_ms": world.clock.now_ms()}}


def test_the_path_of_a_message_from_room_to_history(world: World, ada: Sender) -> None:
    assert ask(world, ada, action="create", id="1", title="Lunch", room="lunch")["result"]["last_seq"] == 0
    assert ask(world, ada, action="subscribe", id="2", room="lunch")["type"] == "ack"
    sent = ask(world, ada, action="send", id="3", room="lunch", text="Hello")["result"]
    (message,) = ask(world, ada, action="history", id="4", room="lunch")["result"]["messages"]
    assert message == {
        "room": "lunch",
        "seq": sent["seq"],
        "kind": "text",
        "from": {"id": "ada", "name": "Ada"},
        "text": "Hello",
        "sent_at_ms": sent["sent_at_ms"],
        "command_id": "3",
        "media": None,
        "reply_to": None,
        "thread": None,
        "replies": 0,
        "last_reply_seq": 0,
        "version": 1,
        "changed_at_ms": None,
        "changed_by": None,
        "mentions": [],
        "mentions_room": False,
        "reactions": [],
        "mine": [],
        "pinned": False,
        "rev": 0,
        "until": 0,
    }


def test_several_commands_in_a_frame_are_answered_one_by_one_in_order(world: World, ada: Sender) -> None:
    commands_sent = [
        {"action": "create", "id": "1", "title": "Lunch", "room": "lunch"},
        {"action": "fly", "id": "2"},
        {"action": "send", "id": "3", "room": "lunch", "text": "first"},
        {"action": "send", "id": "4", "room": "lunch", "text": "second"},
        7,
    ]
    replies = json.loads(commands.answer(world.services, ada, json.dumps(commands_sent)))
    assert [(reply["type"], reply["id"]) for reply in replies] == [
        ("ack", "1"),
        ("error", "2"),
        ("ack", "3"),
        ("ack", "4"),
        ("error", None),
    ]
    assert [reply["result"]["seq"] for reply in replies[2:4]] == [1, 2]


@pytest.mark.parametrize("count", [0, 21])
def test_a_list_of_none_or_too_many_commands_is_refused_whole(world: World, ada: Sender, count: int) -> None:
    reply = json.loads(commands.answer(world.services, ada, json.dumps([{"action": "ping", "id": "1"}] * count)))
    assert (reply["type"], reply["code"]) == ("error", "invalid_field")


def test_an_identity_forged_in_a_frame_is_ignored(world: World, ada: Sender) -> None:
    ask(world, ada, action="create", id="1", title="Lunch", room="lunch")
    forged = {"user": "grace", "from": {"id": "grace"}, "principal": "grace", "name": "Grace"}
    ask(world, ada, action="send", id="2", room="lunch", text="Hello", **forged)
    (message,) = ask(world, ada, action="history", id="3", room="lunch")["result"]["messages"]
    assert message["from"] == {"id": "ada", "name": "Ada"}


@pytest.mark.parametrize(
    ("frame", "code", "command_id"),
    [
        ("", "malformed", None),
        ("hello", "malformed", None),
        ("[]", "invalid_field", None),
        ("[1", "malformed", None),
        ("7", "malformed", None),
        ('{"action":"send"', "malformed", None),
        ("[" * 5000, "malformed", None),
        ("{}", "unknown_action", None),
        ('{"action":"fly","id":"7"}', "unknown_action", "7"),
        ('{"action":["send"],"id":"7"}', "unknown_action", "7"),
        ('{"action":"ping"}', "invalid_field", None),
        ('{"action":"ping","id":7}', "invalid_field", None),
        ('{"action":"ping","id":""}', "invalid_field", ""),
        ('{"action":"send","id":"7","room":"lunch"}', "invalid_field", "7"),
        ('{"action":"send","id":"7","room":"../etc","text":"x"}', "invalid_field", "7"),
        ('{"action":"history","id":"7","room":"lunch","limit":1000}', "invalid_field", "7"),
        ('{"action":"history","id":"7","room":"lunch","before":0}', "invalid_field", "7"),
        ('{"action":"send","id":"7","room":"nowhere","text":"x"}', "room_not_found", "7"),
    ],
)
def test_a_frame_that_is_wrong_gets_an_error_that_says_how(
    world: World, ada: Sender, frame: str, code: str, command_id: str | None
) -> None:
    reply = json.loads(commands.answer(world.services, ada, frame))
    assert (reply["type"], reply["code"], reply["id"], reply["temporary"]) == ("error", code, command_id, False)
    assert reply["message"]


def test_a_text_that_is_too_long_is_refused_by_name(world: World, ada: Sender) -> None:
    reply = ask(world, ada, action="send", id="1", room="lunch", text="x" * (protocol.MAX_TEXT_CHARS + 1))
    assert reply["code"] == "invalid_field"
    assert "text" in reply["message"]


def test_a_fault_of_ours_says_nothing_of_its_inside(
    world: World, ada: Sender, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: str) -> None:
        raise RuntimeError("secret table name")

    monkeypatch.setattr(world.services.rooms, "list_for", fail)
    reply = ask(world, ada, action="rooms", id="1")
    assert (reply["code"], reply["temporary"]) == ("internal", True)
    assert "secret" not in json.dumps(reply)
    assert "secret table name" in caplog.text


def test_every_command_of_the_protocol_has_a_use_case() -> None:
    assert set(commands.ACTIONS.values()) == set(protocol.AnyCommand.__args__)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
near_commands = st.fixed_dictionaries(
    {},
    optional={
        "action": st.sampled_from(sorted(commands.ACTIONS)) | json_values,
        "id": st.text(max_size=70) | json_values,
        "room": st.sampled_from(["lunch", "nowhere"]) | json_values,
        "text": json_values,
        "title": json_values,
        "members": json_values,
        "before": json_values,
        "limit": json_values,
    },
)


@settings(max_examples=300, deadline=None)
@given(st.text() | near_commands.map(json.dumps) | st.lists(near_commands).map(json.dumps) | st.binary())
def test_no_frame_whatever_gives_an_internal_error(frame: str | bytes) -> None:
    world = World()
    ada = world.connect("ada")
    ask(world, ada, action="create", id="1", title="Lunch", room="lunch")
    decoded = json.loads(commands.answer(world.services, ada, frame))
    for reply in decoded if isinstance(decoded, list) else [decoded]:
        assert reply["type"] in {"ack", "error"}
        assert reply.get("code") != "internal"
