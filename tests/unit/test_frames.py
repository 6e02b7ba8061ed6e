"""The golden frames: what is in `tests/frames` is what this server reads and writes, to the byte.

The web client's tests read the same files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from chat import commands, protocol
from chat.ports import Sender
from chat.services import Services
from contracts import catalog
from contracts.examples import Examples

DIRECTORY = Path(__file__).resolve().parents[1] / "frames"
EXAMPLES = Examples.read(DIRECTORY)
ADA = Sender(user="ada", name="Ada", connection="c-1")
SENT: list[tuple[str, Any]] = [
    *((f"acks/{command.action}", command.ack) for command in catalog.commands()),
    *((f"events/{event.type}", event.struct) for event in catalog.events()),
    ("errors/error", protocol.Refusal),
]
ANSWERED: list[tuple[str, Any]] = [
    ("tails/live", protocol.TailLive),
    ("tails/segment", protocol.TailSegment),
    ("tails/changes", protocol.TailChanges),
]
"""What is no frame, but answered over HTTP."""


def invalid() -> Iterator[Any]:
    for path in sorted((DIRECTORY / "invalid").glob("*.json")):
        for number, item in enumerate(json.loads(path.read_text())["frames"]):
            yield pytest.param(item["text"], item["code"], item["id"], id=f"{path.stem}-{number}")


def test_every_kind_of_frame_has_its_file_and_no_other_has_one() -> None:
    wanted = {f"commands/{command.action}" for command in catalog.commands()} | {kind for kind, _ in SENT}
    kept = {kind for kind in EXAMPLES.by_kind if kind.split("/")[0] in {"commands", "acks", "events", "errors"}}
    assert kept == wanted
    assert all(EXAMPLES.of(kind) for kind in wanted)


@pytest.mark.parametrize("command", catalog.commands(), ids=lambda command: command.action)
def test_a_command_is_the_same_after_a_round_trip(command: catalog.Command) -> None:
    for example in EXAMPLES.of(f"commands/{command.action}"):
        decoded = commands.decode(json.dumps(example.frame))
        assert type(decoded) is command.struct
        encoded = msgspec.json.encode(decoded)
        assert commands.decode(encoded) == decoded
        assert json.loads(encoded) | example.frame == json.loads(encoded), "a field was lost or changed"


@pytest.mark.parametrize("command", catalog.commands(), ids=lambda command: command.action)
def test_a_command_with_unknown_fields_means_the_same(command: catalog.Command) -> None:
    plain = EXAMPLES.of(f"commands/{command.action}")[0].frame
    assert commands.decode(json.dumps(plain | {"sender": "eve", "later": {"a": [1]}})) == commands.decode(
        json.dumps(plain)
    )


@pytest.mark.parametrize(
    ("kind", "struct"), [*SENT, *ANSWERED], ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_the_server_sends_is_written_byte_for_byte(kind: str, struct: type[msgspec.Struct]) -> None:
    for example in EXAMPLES.of(kind):
        decoded = cast("Any", msgspec.convert(example.frame, struct))
        assert protocol.encode(decoded) == msgspec.json.encode(example.frame), example.about


def test_an_ack_is_written_as_its_command_says() -> None:
    for command in catalog.commands():
        frame = EXAMPLES.of(f"acks/{command.action}")[0].frame
        result = msgspec.convert(frame["result"], command.reply)
        ack = protocol.Ack(id=frame["id"], action=frame["action"], result=cast("protocol.Result", result))
        assert protocol.encode(ack) == msgspec.json.encode(frame)


def test_a_list_of_commands_and_its_replies_name_the_same_ids() -> None:
    sent, replied = EXAMPLES.of("lists/commands")[0].frame, EXAMPLES.of("lists/replies")[0].frame
    assert [type(commands.decode(json.dumps(frame))) for frame in sent] == [
        protocol.Subscribe,
        protocol.ReadHistory,
        protocol.Ping,
    ]
    assert [reply["id"] for reply in replied] == [command["id"] for command in sent]


@pytest.mark.parametrize(("text", "code", "command_id"), list(invalid()))
def test_an_invalid_frame_gives_its_code_and_the_id_it_showed(text: str, code: str, command_id: str | None) -> None:
    # A frame that is refused before it is understood touches no service.
    reply = json.loads(commands.answer(cast("Services", None), ADA, text))
    assert reply | {"message": ""} == {
        "type": "error",
        "id": command_id,
        "code": code,
        "message": "",
        "temporary": False,
        "retry_after_ms": None,
    }


def test_an_invalid_command_in_a_list_is_answered_in_its_place() -> None:
    frame = json.dumps([{"action": "dance", "id": "1"}, 7, {"action": "join", "id": "3", "room": "General"}])
    replies = json.loads(commands.answer(cast("Services", None), ADA, frame))
    assert [(reply["id"], reply["code"]) for reply in replies] == [
        ("1", "unknown_action"),
        (None, "malformed"),
        ("3", "invalid_field"),
    ]
