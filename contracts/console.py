"""What operators' endpoints take and answer, as TypeScript: types, and readers that check what arrives against them."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from contracts.endpoints import ENDPOINTS, Endpoint
from contracts.examples import Examples
from contracts.schemas import Schema
from contracts.typescript import comment, interface, reader, references, type_of

HEAD = """\
/**
 * What the console asks of operators' endpoints and what they answer, with readers of the answers.
 *
 * Written by `make contracts` from `contracts/endpoints.py`; change what that names, then this follows.
 */

import type { Reader as Read } from "@agent-chat/client/shape";
import {
  count,
  type Fields,
  fields,
  flag,
  known,
  list,
  map,
  optional,
  or,
  record,
  text,
} from "@agent-chat/client/shape";
"""
UNSHOWN = "/api/webhooks"
"""Looked after by other means than the console."""


def render(_examples: Examples, _present: str) -> str:
    """The module as a file."""
    return "\n".join(part.rstrip() + "\n" for part in _parts())


def _parts() -> Iterator[str]:
    answers, bodies = _names(each.answer for each in _shown()), _names(each.body for each in _shown() if each.body)
    received = _reachable(answers)
    schemas = {name: _complete(schema) for name, schema in _schemas().items()}
    yield HEAD
    yield from (interface(name, schemas[name]) for name in received)
    yield from (_sent(name, _schemas()[name]) for name in _reachable(bodies) if name not in received)
    yield from (reader(name, schemas[name], exported=name in answers) for name in reversed(received))


def _shown() -> list[Endpoint]:
    """Those that only operators may ask, and health, which tells them more than others."""
    return [
        each
        for each in ENDPOINTS
        if each.path == "/api/health" or (each.who == "operator" and not each.path.startswith(UNSHOWN))
    ]


def _schemas() -> dict[str, Schema]:
    kinds = [kind for each in _shown() for kind in (each.answer, each.body) if kind]
    return dict(msgspec.json.schema_components(kinds)[1])


def _names(kinds: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(kind.__name__ for kind in kinds))


def _reachable(names: Iterable[str]) -> list[str]:
    """These and all that they consist of, each before what it consists of."""
    schemas = _schemas()
    order: list[str] = []
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        if name in order:
            order.remove(name)
        order.append(name)
        waiting += references(schemas[name])
    return order


def _complete(schema: Schema) -> Schema:
    """As it is received: what need not be there and has no default is null where it is absent."""
    optional = [
        name
        for name, value in schema["properties"].items()
        if name not in schema["required"] and "default" not in value
    ]
    nullable = {name: {"anyOf": [schema["properties"][name], {"type": "null"}]} for name in optional}
    words = inspect.cleandoc(schema["description"])
    return {**schema, "description": words, "properties": {**schema["properties"], **nullable}}


def _sent(name: str, schema: Schema) -> str:
    fields = "".join(
        f"  readonly {field}{'' if field in schema['required'] else '?'}: {type_of(value, is_received=False)};\n"
        for field, value in schema["properties"].items()
    )
    return f"{comment(inspect.cleandoc(schema['description']))}export interface {name} {{\n{fields}}}\n"
