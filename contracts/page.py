"""The protocol's page in the documentation: its tables and examples stand between markers in words written by hand.

A marker is `<!-- begin NAME -->` … `<!-- end NAME -->` on lines of their own; NAME is one of `SECTIONS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from chat import protocol
from contracts import catalog
from contracts.examples import Example, Examples
from contracts.schemas import Schema, definitions

WIDTH = 110
"""Examples are broken at this many characters."""

MARKED = re.compile(r"(<!-- begin (\w+) -->\n).*?(<!-- end \2 -->)", re.DOTALL)


def render(examples: Examples, present: str) -> str:
    """The page as it is, with every marked section as it should be. Raises `CatalogError` where one is missing."""
    names = [name for _, name, _ in MARKED.findall(present)]
    if sorted(names) != sorted(SECTIONS):
        raise catalog.CatalogError(f"docs/protocol/index.md has the sections {names}, not {sorted(SECTIONS)}")
    return MARKED.sub(lambda match: f"{match[1]}\n{SECTIONS[match[2]](examples)}\n\n{match[3]}", present)


def commands(examples: Examples) -> str:
    """Every command: its words, fields, an example, its reply and an example of that."""
    schemas = definitions()
    return "\n\n".join(part for command in catalog.commands() for part in _command(command, schemas, examples))


def events(examples: Examples) -> str:
    """Every event: its words, fields and examples."""
    schemas = definitions()
    parts = []
    for event in catalog.events():
        parts += [f"### {event.type} event", str(event.words)]
        parts += [_table(schemas[event.name], skipped=("type",)), *_shown(examples.of(f"events/{event.type}"))]
    return "\n\n".join(parts)


def objects(_examples: Examples) -> str:
    """What replies and events consist of, by name."""
    schemas = definitions()
    frames = {event.name for event in catalog.events()} | {command.name for command in catalog.commands()}
    frames |= {command.ack.__name__ for command in catalog.commands()} | {protocol.Refusal.__name__}
    parts = []
    for name, schema in sorted(schemas.items()):
        if name not in frames and schema.get("properties"):
            # A type may be named like a command, so that the heading's own anchor would be the command's.
            parts += [f'<a id="{anchor(name)}"></a>', f"### {name}", schema["description"], _table(schema)]
    return "\n\n".join(parts)


def refusals(examples: Examples) -> str:
    """The `error` frame and all of its codes."""
    schema = definitions()[protocol.Refusal.__name__]
    lines = ["| code | HTTP | temporary | when |", "|---|---|---|---|"]
    for error in catalog.error_types():
        when = catalog.Words.of(error).paragraphs[0]
        lines.append(f"| `{error.code}` | {error.status} | {'yes' if error.temporary else 'no'} | {when} |")
    shown = _shown(examples.of("errors/error"))
    return "\n\n".join([schema["description"], _table(schema, skipped=("type",)), *shown, "\n".join(lines)])


def lists(examples: Examples) -> str:
    """Several commands in one frame, their replies, and several events."""
    kinds = ("lists/commands", "lists/replies", "lists/events")
    return "\n\n".join(shown for kind in kinds for shown in _shown(examples.of(kind)))


def numbers(_examples: Examples) -> str:
    """The version and the smallest and largest of everything."""
    bounds = "\n".join(f"| `{name}` | {value:,} |" for name, value in catalog.constants().items())
    return f"| | |\n|---|---|\n{bounds}"


SECTIONS: dict[str, Callable[[Examples], str]] = {
    "numbers": numbers,
    "lists": lists,
    "commands": commands,
    "events": events,
    "objects": objects,
    "errors": refusals,
}


def anchor(name: str) -> str:
    """Where a type stands on the page."""
    return f"type-{name.lower()}"


def layout(value: object, indent: int = 0) -> str:
    """JSON on one line where it fits, otherwise broken at its outermost commas."""
    line = json.dumps(value, ensure_ascii=False)
    if indent + len(line) <= WIDTH or not isinstance(value, dict | list) or not value:
        return line
    inner = " " * (indent + 2)
    if isinstance(value, list):
        opening, closing, items = "[", "]", [layout(item, indent + 2) for item in value]
    else:
        opening, closing = "{", "}"
        items = [f"{json.dumps(key)}: {layout(item, indent + 2)}" for key, item in value.items()]
    return f"{opening}\n{inner}" + f",\n{inner}".join(items) + f"\n{' ' * indent}{closing}"


def _command(command: catalog.Command, schemas: dict[str, Schema], examples: Examples) -> Iterator[str]:
    yield f"### {command.action}"
    yield str(command.words)
    schema = schemas[command.name]
    if len(schema["properties"]) > len(("action", "id")):
        yield _table(schema, skipped=("action", "id"), with_default=True)
    yield from _shown(examples.of(f"commands/{command.action}"))
    name = command.reply.__name__
    target = f"[`{name}`](#{anchor(name)})" if schemas[name]["properties"] else "nothing more to say, `{}`"
    yield f"Reply: {target}{command.reply_note}."
    yield from _shown(examples.of(f"acks/{command.action}")[:1])


def _shown(shown: tuple[Example, ...]) -> Iterator[str]:
    for example in shown:
        yield f'```json title="{example.about}"\n{layout(example.frame)}\n```'


def _table(schema: Schema, *, skipped: tuple[str, ...] = (), with_default: bool = False) -> str:
    lines = ["| field | type | default | meaning |", "|---|---|---|---|"]
    if not with_default:
        lines = ["| field | type | meaning |", "|---|---|---|"]
    for name, value in schema["properties"].items():
        if name not in skipped:
            default = f" {_default(name, value, schema)} |" if with_default else ""
            lines.append(f"| `{name}` | {describe(value)} |{default} {value.get('description', '')} |")
    return "\n".join(lines)


def _default(name: str, value: Schema, schema: Schema) -> str:
    return "required" if name in schema["required"] else f"`{json.dumps(value['default'])}`"


def describe(schema: Schema) -> str:  # noqa: PLR0911  # one answer a kind of schema
    """A type and its bounds, in words."""
    match schema:
        case {"$ref": ref}:
            name = str(ref).rsplit("/", 1)[-1]
            return f"[{name}](#{anchor(name)})"
        case {"anyOf": choices}:
            return ", or ".join(describe(choice) for choice in choices)
        case {"enum": values}:
            return ", ".join(f"`{value}`" for value in values)
        case {"type": "array", "items": items}:
            most = f" of at most {schema['maxItems']}" if "maxItems" in schema else ""
            return f"list{most}: {describe(items)}"
        case {"type": "object", "additionalProperties": values}:
            most = f" of at most {schema['maxProperties']}" if "maxProperties" in schema else ""
            return f"object{most}: {describe(values)} by name"
        case {"type": "string", "pattern": pattern}:
            return f"string, `{pattern}`"
        case {"type": "string"}:
            return "string" + _between(schema.get("minLength"), schema.get("maxLength"), " characters")
        case {"type": "integer"}:
            return "integer" + _between(schema.get("minimum"), schema.get("maximum"), "")
        case {"type": kind}:
            return str(kind)
    raise catalog.CatalogError(f"no words for {schema}")


def _between(least: int | None, most: int | None, unit: str) -> str:
    match least, most:
        case None, None:
            return ""
        case None, _:
            return f", at most {most:,}{unit}"
        case _, None:
            return f", {least:,} or more{unit}"
        case _:
            return f", {least:,} to {most:,}{unit}"
