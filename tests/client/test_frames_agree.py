"""The client's own frames are the server's: fields, tags, codes, and the golden frames that every side is tested on."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

import agent_chat
from agent_chat import errors as client_errors
from agent_chat import frames
from chat import errors as server_errors
from chat import protocol
from contracts.examples import Examples

GOLDEN = Examples.read(Path(__file__).parents[1] / "frames")
STRUCTS = sorted(
    name
    for name, value in vars(protocol).items()
    if isinstance(value, type) and issubclass(value, msgspec.Struct) and value is not msgspec.Struct
)
SHAPELESS = {"Command", "Ack"}
"""A command's own fields are compared with each command's; an ack's result is decoded by who asked."""


NAMES: dict[type[msgspec.inspect.Type], str] = {
    msgspec.inspect.StrType: "text",
    msgspec.inspect.LiteralType: "text",
    msgspec.inspect.IntType: "integer",
    msgspec.inspect.BoolType: "boolean",
    msgspec.inspect.NoneType: "null",
}
"""Types as JSON has them. Enumerations are texts and bounds are left out: the server may widen both."""


def describe(kind: msgspec.inspect.Type) -> str:
    match kind:
        case msgspec.inspect.ListType():
            return f"[{describe(kind.item_type)}]"
        case msgspec.inspect.DictType():
            return f"{{{describe(kind.value_type)}}}"
        case msgspec.inspect.StructType():
            return kind.cls.__name__
        case msgspec.inspect.UnionType():
            return " or ".join(sorted(describe(each) for each in kind.types))
    return NAMES[type(kind)]


def shape(module: ModuleType, name: str) -> dict[str, object]:
    """Tag and fields of a struct."""
    info = msgspec.inspect.type_info(getattr(module, name))
    assert isinstance(info, msgspec.inspect.StructType)
    fields = {field.encode_name: (describe(field.type), field.required) for field in info.fields}
    return {"tag": (info.tag_field, info.tag), "fields": fields}


@pytest.mark.parametrize("name", [name for name in STRUCTS if name not in SHAPELESS])
def test_the_client_has_every_frame_as_the_server_has_it(name: str) -> None:
    assert shape(frames, name) == shape(protocol, name)


def test_the_client_needs_nothing_of_the_server() -> None:
    """It is installed where the server's code is not."""
    sources = Path(agent_chat.__file__).parent
    imported = {
        name.split(".")[0]
        for path in sources.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in names_of(node)
    }
    assert imported - sys.stdlib_module_names == {"agent_chat", "msgspec", "prompt_toolkit", "wcwidth", "websockets"}


def names_of(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def test_limits_are_the_servers() -> None:
    assert (frames.VERSION, frames.MAX_PAGE, frames.MAX_SYNCED) == (
        protocol.VERSION,
        protocol.MAX_PAGE,
        protocol.MAX_SYNCED,
    )


def test_every_code_of_the_server_has_its_error() -> None:
    kinds = [kind for kind in vars(server_errors).values() if isinstance(kind, type)]
    codes = {kind.code: kind.temporary for kind in kinds if issubclass(kind, server_errors.ChatError)}
    assert len(codes) > 20
    for code, temporary in codes.items():
        assert client_errors.REFUSALS[code].temporary == temporary, code
    for refusal in client_errors.REFUSALS.values():
        assert getattr(agent_chat, refusal.__name__) is refusal


def test_an_ack_has_the_servers_fields() -> None:
    ours, theirs = (msgspec.structs.fields(module.Ack) for module in (frames, protocol))
    assert [field.name for field in ours] == [field.name for field in theirs]


def golden(kind: str) -> list[Any]:
    return [
        pytest.param(example.frame, id=f"{path}-{number}")
        for path, examples in GOLDEN.by_kind.items()
        for number, example in enumerate(examples)
        if path.startswith(kind)
    ]


def includes(whole: Any, part: Any) -> bool:
    """Whether nothing of `part` is missing; fields that a frame may leave out are there with their defaults."""
    if isinstance(part, dict):
        return all(name in whole and includes(whole[name], value) for name, value in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(includes, whole, part))
    return bool(whole == part)


@pytest.mark.parametrize("golden_frame", golden("commands/"))
def test_a_golden_command_is_written_as_the_server_reads_it(golden_frame: dict[str, Any]) -> None:
    kinds = {kind.__struct_config__.tag: kind for kind in frames.Command.__subclasses__()}
    command = msgspec.convert(golden_frame, kinds[golden_frame["action"]])
    decoder: msgspec.json.Decoder[protocol.AnyCommand] = msgspec.json.Decoder(protocol.AnyCommand)
    assert decoder.decode(frames.encode(command)) == decoder.decode(json.dumps(golden_frame))


@pytest.mark.parametrize("golden_frame", golden("acks/"))
def test_a_golden_ack_is_read_without_losing_anything(golden_frame: dict[str, Any]) -> None:
    (ack,) = frames.decode(json.dumps(golden_frame))
    assert isinstance(ack, frames.Ack)
    result = frames.decode_result(ack, RESULTS.get(ack.action, frames.Done))
    assert includes(msgspec.to_builtins(result), golden_frame["result"])


@pytest.mark.parametrize("golden_frame", [*golden("events/"), *golden("errors/")])
def test_a_golden_event_is_read_without_losing_anything(golden_frame: dict[str, Any]) -> None:
    (event,) = frames.decode(json.dumps(golden_frame))
    assert includes(msgspec.to_builtins(event), golden_frame)


@pytest.mark.parametrize("golden_frame", [*golden("newer/"), *golden("lists/replies")])
def test_what_a_newer_server_says_and_several_replies_in_one_frame_can_be_read(golden_frame: Any) -> None:
    received = frames.decode(json.dumps(golden_frame))
    assert len(received) <= (len(golden_frame) if isinstance(golden_frame, list) else 1)


@pytest.mark.parametrize("text", ["", "5", "[1]", '"x"', '{"type":"ack"}', "[" * 100_000, '{"type":3}', "\x00"])
def test_what_is_no_frame_is_said_to_be_none(text: str) -> None:
    with pytest.raises(frames.FrameError):
        frames.decode(text)


RESULTS: dict[str, type[msgspec.Struct]] = {
    "hello": frames.Ready,
    "restore": frames.Sent,
    "rooms": frames.RoomList,
    "create": frames.RoomEntered,
    "direct": frames.RoomEntered,
    "join": frames.RoomEntered,
    "members": frames.MemberList,
    "configure": frames.RoomSettings,
    "settings": frames.RoomSettings,
    "reports": frames.ReportList,
    "subscribe": frames.Subscribed,
    "send": frames.Sent,
    "edit": frames.Changed,
    "delete": frames.Changed,
    "pin": frames.Changed,
    "pins": frames.PinList,
    "react": frames.Reacted,
    "reactions": frames.ReactionList,
    "history": frames.History,
    "search": frames.Found,
    "files": frames.Found,
    "sync": frames.Synced,
    "presence": frames.Presence,
    "receipts": frames.Receipts,
    "ping": frames.Pong,
}
