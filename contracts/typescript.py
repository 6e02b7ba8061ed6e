"""The protocol as TypeScript: a type of everything, and readers that check what arrives against it.

Written from the JSON Schema. What the server sends is read leniently, because it may be older or newer than the client:
fields that it does not send have the protocol's defaults, and a string that a closed set does not have is "unknown".
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator

from chat import protocol
from contracts import catalog
from contracts.examples import Examples
from contracts.schemas import Schema, definitions

WIDTH = 120
HEAD = """\
/**
 * Every frame on the wire, its limits, and readers of what the server sends.
 *
 * Written by `make contracts` from `layers/chat/python/chat/protocol/`; change that, then this follows.
 */

import { count, flag, known, list, map, optional, or, type Reader as Read, record, tag, text } from "./shape.ts";
"""
BOUNDS = {
    "minLength": "minLength",
    "maxLength": "maxLength",
    "minimum": "min",
    "maximum": "max",
    "maxItems": "maxItems",
    "maxProperties": "maxItems",
}


def render(_examples: Examples, _present: str) -> str:
    """The module as a file."""
    return "\n".join(part.rstrip() + "\n" for part in _parts())


def _parts() -> Iterator[str]:
    schemas = definitions()
    yield HEAD
    yield "".join(f"export const {_constant(name)} = {value:_};\n" for name, value in catalog.constants().items())
    for values, name in catalog.named_literals().items():
        yield f"export type {name} = {_union(catalog.literals().get(values, tuple(values)))};\n"
    yield _codes()
    yield from (interface(name, schemas[name]) for name in _object_names(schemas))
    yield _commands(schemas)
    yield _limits(schemas)
    yield _mapping("Results", "The result of each command.", _results())
    yield "export type Action = keyof Commands;\n"
    yield interface(protocol.Refusal.__name__, schemas[protocol.Refusal.__name__])
    for event in catalog.events():
        yield interface(event.name, schemas[event.name])
    yield f"export type ServerEvent = {' | '.join(event.name for event in catalog.events())};\n"
    yield from (_reader(name, schemas[name]) for name in reversed(_object_names(schemas)))
    yield _reader(protocol.Refusal.__name__, schemas[protocol.Refusal.__name__])
    yield from (_reader(event.name, schemas[event.name]) for event in catalog.events())
    readers = {event.type: variable(event.name) for event in catalog.events()}
    yield _table("events", 'readonly [T in ServerEvent["type"]]: Read<Extract<ServerEvent, { type: T }>>', readers)
    results = {action: variable(name) for action, name in _results().items()}
    yield _table("results", "readonly [A in Action]: Read<Results[A]>", results)


def _codes() -> str:
    codes = tuple(dict.fromkeys(error.code for error in catalog.error_types()))
    return (
        "/** The codes of this version; a newer server may send others. */\n"
        f"export const ERROR_CODES = {_array(codes)} as const;\n\n"
        "export type ErrorCode = (typeof ERROR_CODES)[number];\n"
    )


def _object_names(schemas: dict[str, Schema]) -> list[str]:
    """What is neither command, ack nor event, outermost first: each before what it consists of."""
    documents = (document.__name__ for document in catalog.documents())
    waiting = list(dict.fromkeys([*_results().values(), *(event.name for event in catalog.events()), *documents]))
    order: list[str] = []
    while waiting:
        name = waiting.pop(0)
        if name in order:
            order.remove(name)
        order.append(name)
        waiting += references(schemas[name])
    return [name for name in order if name not in {event.name for event in catalog.events()}]


def references(schema: object) -> Iterator[str]:
    """The names of what a schema refers to."""
    match schema:
        case {"$ref": str(ref)}:
            yield ref.rsplit("/", 1)[-1]
        case dict():
            for value in schema.values():
                yield from references(value)
        case list():
            for value in schema:
                yield from references(value)


def _results() -> dict[str, str]:
    return {command.action: command.reply.__name__ for command in catalog.commands()}


def interface(name: str, schema: Schema) -> str:
    """The type of an object that is received: each field is there, by its default where none was sent."""
    if not schema["properties"]:
        return f"{comment(schema['description'])}export type {name} = object;\n"
    fields = "".join(
        f"{comment(value.get('description', ''), 2)}  readonly {field}: {type_of(value, is_received=True)};\n"
        for field, value in schema["properties"].items()
    )
    return f"{comment(schema['description'])}export interface {name} {{\n{fields}}}\n"


def _commands(schemas: dict[str, Schema]) -> str:
    lines = ["/** The fields of each command, without `action` and `id`. */", "export interface Commands {"]
    for command in catalog.commands():
        lines.append(comment(str(command.words), 2).rstrip())
        schema = schemas[command.name]
        fields = [
            f"readonly {name}{'' if name in schema['required'] else '?'}: {type_of(value, is_received=False)}"
            for name, value in schema["properties"].items()
            if name not in {"action", "id"}
        ]
        lines.append(
            _wrapped(f"  {command.action}: ", "{ ", fields, "; ", " };") if fields else f"  {command.action}: object;"
        )
    return "\n".join([*lines, "}\n"])


def _limits(schemas: dict[str, Schema]) -> str:
    lines = ["/** What a command's field may be at most and at least. */", "export const LIMITS = {"]
    for command in catalog.commands():
        fields = {
            name: {BOUNDS[key]: bound for key, bound in value.items() if key in BOUNDS}
            for name, value in schemas[command.name]["properties"].items()
            if name != "id"
        }
        shown = [
            f"{name}: {{ {', '.join(f'{key}: {bound:_}' for key, bound in bounds.items())} }}"
            for name, bounds in fields.items()
            if bounds
        ]
        if shown:
            lines.append(_wrapped(f"  {command.action}: ", "{ ", shown, ", ", " },"))
    return "\n".join([*lines, "} as const;\n"])


def _mapping(name: str, words: str, members: dict[str, str]) -> str:
    lines = "".join(f"  {key}: {value};\n" for key, value in members.items())
    return f"/** {words} */\nexport interface {name} {{\n{lines}}}\n"


def _table(name: str, type_: str, members: dict[str, str]) -> str:
    lines = "".join(f"  {key}: {value},\n" for key, value in members.items())
    return f"export const {name}: {{ {type_} }} = {{\n{lines}}};\n"


def _reader(name: str, schema: Schema) -> str:
    # Refusals are read by their type, as events are, and documents by who asks; the rest only through the tables below.
    read_alone = {protocol.Refusal.__name__, *(document.__name__ for document in catalog.documents())}
    return reader(name, schema, exported=name in read_alone)


def reader(name: str, schema: Schema, *, exported: bool) -> str:
    """What reads an object of this schema; those that it consists of have theirs before it."""
    fields = [f"{field}: {_read(value)}" for field, value in schema["properties"].items()]
    visible = "export " if exported else ""
    start = f"{visible}const {variable(name)}: Read<{name}> = record<{name}>("
    if not fields:
        return f"{start}{{}});\n"
    return _wrapped(start, "{ ", fields, ", ", " });") + "\n"


def _read(schema: Schema) -> str:
    reader = _bare_reader(schema)
    if "default" in schema and schema["default"] is not None:
        return f"or({reader}, {json.dumps(schema['default'])})"
    return reader


def _bare_reader(schema: Schema) -> str:  # noqa: PLR0911  # one answer a kind of schema
    match schema:
        case {"$ref": ref}:
            return variable(str(ref).rsplit("/", 1)[-1])
        case {"anyOf": [inner, {"type": "null"}]}:
            return f"optional({_bare_reader(inner)})"
        case {"enum": [only]}:
            return f"tag({json.dumps(only)})"
        case {"enum": values}:
            return f"known({', '.join(json.dumps(value) for value in values)})"
        case {"type": "array", "items": items}:
            return f"list({_bare_reader(items)})"
        case {"type": "object", "additionalProperties": values}:
            return f"map({_bare_reader(values)})"
        case {"type": "object"}:
            return "fields"
        case {"type": kind}:
            return {"string": "text", "integer": "count", "number": "count", "boolean": "flag"}[kind]
    raise catalog.CatalogError(f"no reader for {schema}")


def type_of(schema: Schema, *, is_received: bool) -> str:  # noqa: PLR0911  # one answer a kind of schema
    """A closed set of strings has "unknown" in it where it is received, and not where it is sent."""
    match schema:
        case {"$ref": ref}:
            return str(ref).rsplit("/", 1)[-1]
        case {"anyOf": choices}:
            return " | ".join(type_of(choice, is_received=is_received) for choice in choices)
        case {"enum": values}:
            named = catalog.named_literals().get(frozenset(values)) or _union(tuple(values))
            return f'{named} | "unknown"' if is_received and len(values) > 1 else named
        case {"type": "array", "items": items}:
            inner = type_of(items, is_received=is_received)
            return f"readonly ({inner})[]" if " | " in inner else f"readonly {inner}[]"
        case {"type": "object", "additionalProperties": values}:
            return f"Readonly<Record<string, {type_of(values, is_received=is_received)}>>"
        case {"type": "object"}:
            return "Fields"
        case {"type": kind}:
            return {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}[
                kind
            ]
    raise catalog.CatalogError(f"no type for {schema}")


def _union(values: tuple[str, ...]) -> str:
    return " | ".join(json.dumps(value) for value in values)


def _array(values: tuple[str, ...]) -> str:
    return "[\n" + "".join(f"  {json.dumps(value)},\n" for value in values) + "]"


def _constant(name: str) -> str:
    return "PROTOCOL_VERSION" if name == "VERSION" else name


def variable(name: str) -> str:
    """What the reader of a type is called."""
    return name[0].lower() + name[1:]


def _wrapped(start: str, opening: str, items: list[str], separator: str, closing: str) -> str:
    line = start + opening + separator.join(items) + closing
    if len(line) <= WIDTH:
        return line
    indent = " " * (len(start) - len(start.lstrip()) + 2)
    mark = separator.strip()
    body = "".join(f"{indent}{item}{mark}\n" for item in items)
    return f"{start}{opening.strip()}\n{body}{indent[2:]}{closing.strip()}"


def comment(words: str, indent: int = 0) -> str:
    """Words as a comment of the line below; nothing for none."""
    if not words:
        return ""
    margin = " " * indent
    if "\n" not in words and len(words) + indent + 7 <= WIDTH:
        return f"{margin}/** {words} */\n"
    lines = [line for part in words.split("\n\n") for line in [*textwrap.wrap(part, WIDTH - indent - 3), ""]][:-1]
    return f"{margin}/**\n" + "".join(f"{margin} * {line}".rstrip() + "\n" for line in lines) + f"{margin} */\n"
