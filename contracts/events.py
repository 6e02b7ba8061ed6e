"""JSON Schema of every domain event, its table in the documentation, and what a published schema may never lose."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator

import msgspec

from chat import events
from contracts.catalog import CatalogError, Struct, Words
from contracts.examples import Examples
from contracts.page import describe
from contracts.schemas import DIALECT, LOCAL, Schema, write_json

MARKED = re.compile(r"(<!-- begin events -->\n).*?(<!-- end events -->)", re.DOTALL)

MEANINGS = {
    "changed_at_ms": "When: the server's clock, ms since 1970.",
    "event": "Which event this is.",
    "id": "The same however often the event arrives, and no other event's.",
    "kind": "`text` or `image`; `void` is a number that no message took, `deleted` one whose message is gone.",
    "name": "As it is shown to people; null where nobody said anything.",
    "rev": "The change's own number in the room: 1, 2, 3 …",
    "room": "The room's id.",
    "sent_at_ms": "When it was stored: the server's clock, ms since 1970.",
    "seq": "The message's number in its room.",
    "text": "What was said; empty for an image without words.",
    "user": "Whose doing it was: a user's id; null where it was nobody's, or they are erased.",
    "version": "Of the event's schema.",
    "what": "What became of it.",
    "MembershipChanged.name": "As it is shown to people.",
    "MembershipChanged.user": "Whose membership it is.",
}
"""Meaning of fields whose type's docstring does not name them."""


def structs() -> tuple[Struct, ...]:
    """All events, in the order of the source."""
    return typing.get_args(events.AnyEvent)


def document() -> Schema:
    """All of them as one schema."""
    _, found = msgspec.json.schema_components(structs(), ref_template=LOCAL)
    return {
        "$schema": DIALECT,
        "title": f"Domain events, version {events.VERSION}",
        "description": "Fields are only ever added. Unknown fields and unknown events are to be ignored.",
        "oneOf": [{"$ref": LOCAL.format(name=struct.__name__)} for struct in structs()],
        "$defs": {struct.__name__: _described(struct, found[struct.__name__]) for struct in structs()},
    }


def render(_examples: Examples, _present: str) -> str:
    """The schema as a file."""
    return write_json(document())


def render_page(_examples: Examples, present: str) -> str:
    """The page as it is, with its marked section as it should be. Raises `CatalogError` where it has none."""
    if len(MARKED.findall(present)) != 1:
        raise CatalogError("docs/events.md has no section between `begin events` and `end events`")
    sections = "\n\n".join(part for name, schema in document()["$defs"].items() for part in _section(name, schema))
    return MARKED.sub(lambda match: f"{match[1]}\n{sections}\n\n{match[2]}", present)


def broken_promises(published: Schema, now: Schema) -> Iterator[str]:
    """What whoever reads events by the `published` schema would trip over in those of `now`, a sentence each."""
    for name, before in published["$defs"].items():
        after = now["$defs"].get(name)
        if after is None:
            yield f"{name} is gone."
            continue
        for field, was in before["properties"].items():
            becomes = after["properties"].get(field)
            if becomes is None:
                yield f"{name}.{field} is gone, or has another name."
            elif _type_of(becomes) != _type_of(was):
                yield f"{name}.{field} is of another type."
        for field in sorted(set(after["required"]) - set(before["required"])):
            yield f"{name}.{field} is required, which events that were published before don't have."


def _type_of(schema: Schema) -> Schema:
    """What a reader's code depends on. A set of words may grow: unknown ones are to be ignored, as events are."""
    rest = {key: value for key, value in schema.items() if key not in {"description", "default"}}
    return {"type": "string"} if len(rest.get("enum", ())) > 1 else rest


def _described(struct: Struct, schema: Schema) -> Schema:
    properties = {
        name: {"description": _meaning(struct, name), **{key: part for key, part in value.items() if key != "title"}}
        for name, value in schema["properties"].items()
    }
    words = {"title": struct.__name__, "description": str(Words.of(struct))}
    return words | {"type": "object", "properties": properties, "required": schema["required"]}


def _meaning(struct: Struct, field: str) -> str:
    said = MEANINGS.get(f"{struct.__name__}.{field}") or Words.of(struct).about(field) or MEANINGS.get(field)
    if not said:
        raise CatalogError(f"nothing says what `{field}` of {struct.__name__} means: write it into its docstring")
    return said


def _section(name: str, schema: Schema) -> Iterator[str]:
    yield f"### {name}"
    yield schema["description"]
    rows = ["| field | type | meaning |", "|---|---|---|"]
    for field, value in schema["properties"].items():
        optional = "" if field in schema["required"] else " Not in every event."
        rows.append(f"| `{field}` | {describe(value)} | {value['description']}{optional} |")
    yield "\n".join(rows)
