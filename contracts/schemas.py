"""JSON Schema of every frame: msgspec's own, put into the order and the words of the source."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from chat import protocol
from contracts import catalog
from contracts.examples import Examples

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
LOCAL = "#/$defs/{name}"


def definitions(template: str = LOCAL) -> dict[str, Schema]:
    """The schema of each type by name, then of the unions; `template` says how one refers to another.

    What the server sends always has all of its fields, so they are all required there.
    """
    sent = [command.struct for command in catalog.commands()]
    received: list[catalog.Struct] = [command.ack for command in catalog.commands()]
    received += [protocol.Refusal, *(event.struct for event in catalog.events()), *catalog.documents()]
    _, found = msgspec.json.schema_components([*sent, *received], ref_template=template)
    structs = {struct.__name__: struct for struct in _structs([*sent, *received])}
    told = {struct.__name__ for struct in sent}
    ordered = {name: _described(structs[name], found[name], is_sent=name in told) for name in structs}
    return ordered | unions(template)


def unions(template: str) -> dict[str, Schema]:
    """What a frame may be, one way and the other."""

    def ref(name: str) -> Schema:
        return {"$ref": template.format(name=name)}

    replies = [*(command.ack.__name__ for command in catalog.commands()), protocol.Refusal.__name__]
    events: Schema = {
        "description": "Events that waited for the same connection, in their order.",
        "type": "array",
        "items": ref("AnyEvent"),
        "minItems": 1,
    }
    commands: Schema = {
        "description": f"Up to {protocol.MAX_COMMANDS} commands, carried out one after the other.",
        "type": "array",
        "items": ref("AnyCommand"),
        "minItems": 1,
        "maxItems": protocol.MAX_COMMANDS,
    }
    listed: Schema = {
        "description": "The replies to a list of commands, in its order.",
        "type": "array",
        "items": ref("AnyReply"),
    }
    return {
        "AnyCommand": {"oneOf": [ref(command.name) for command in catalog.commands()]},
        "AnyReply": {"oneOf": [ref(name) for name in replies]},
        "AnyEvent": {"oneOf": [ref(event.name) for event in catalog.events()]},
        "CommandList": commands,
        "ReplyList": listed,
        "EventList": events,
        "ClientFrame": {"oneOf": [ref("AnyCommand"), ref("CommandList")]},
        "ServerFrame": {"oneOf": [ref("AnyReply"), ref("AnyEvent"), ref("ReplyList"), ref("EventList")]},
    }


def document() -> Schema:
    """All of it as one schema, which a frame of either direction satisfies."""
    return {
        "$schema": DIALECT,
        "title": f"Frames, version {protocol.VERSION}",
        "description": "A client sends a ClientFrame and receives a ServerFrame. Unknown fields are ignored.",
        "oneOf": [{"$ref": LOCAL.format(name=name)} for name in ("ClientFrame", "ServerFrame")],
        "$defs": definitions(),
    }


def render(_examples: Examples, _present: str) -> str:
    """The document as a file."""
    return write_json(document())


def write_json(value: object) -> str:
    """JSON as this repository keeps it: in the order it was made, two spaces, UTF-8."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _structs(roots: Iterable[catalog.Struct]) -> list[catalog.Struct]:
    """The types and what their fields hold, each once: first the given ones, then the rest as met."""
    found = list(roots)
    for struct in found:
        for field in msgspec.structs.fields(struct):
            found += [held for held in _held(field.type) if held not in found]
    return found


def _held(annotation: object) -> list[catalog.Struct]:
    info = msgspec.inspect.type_info(annotation)
    waiting: list[Any] = [info]
    found = []
    while waiting:
        match waiting.pop(0):
            case msgspec.inspect.StructType(cls=struct):
                found.append(struct)
            case msgspec.inspect.UnionType(types=types):
                waiting += types
            case msgspec.inspect.ListType(item_type=item):
                waiting.append(item)
            case msgspec.inspect.DictType(value_type=value):
                waiting.append(value)
            case _:
                pass
    return found


def _described(struct: catalog.Struct, schema: Schema, *, is_sent: bool) -> Schema:
    names = {field.encode_name: field.name for field in msgspec.structs.fields(struct)}
    properties = {
        name: _ordered(value) | ({"description": catalog.meaning(struct, names[name])} if name in names else {})
        for name, value in schema["properties"].items()
    }
    required = schema["required"] if is_sent else list(properties)
    words = {"title": struct.__name__, "description": str(catalog.Words.of(struct))}
    return words | {"type": "object", "properties": properties, "required": required}


def _ordered(schema: Schema) -> Schema:
    """A copy with the members of closed sets in the order of the source."""
    copy = {key: value for key, value in schema.items() if key != "title"}
    if values := copy.get("enum"):
        copy["enum"] = list(catalog.literals().get(frozenset(values), values))
    if "anyOf" in copy:
        copy["anyOf"] = [_ordered(choice) for choice in copy["anyOf"]]
    return copy
