"""Frames and bodies that are nearly right: each field as it should be, at its bounds, or of another kind altogether.

Made from the types of the protocol, so that a new field is tried without anybody thinking of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, get_args

import msgspec
from hypothesis import strategies as st

from chat.protocol import AnyCommand

Strategy = st.SearchStrategy[Any]

ROOMS = ["lunch", "attic", "nowhere"]
USERS = ["ada", "bob", "eve", "nobody"]
KNOWN = {
    "room": ROOMS,
    "rooms": ROOMS,
    "revs": ROOMS,
    "user": USERS,
    "users": USERS,
    "members": USERS,
    "content_type": ["image/png", "image/svg+xml"],
    "emoji": [":party:", "🎉"],
    "id": [f"command-{number}" for number in range(8)],
}
"""By field, texts that mean something in `tests.unit.test_any_input`; with others few commands get far."""

WORDS = ["hello", "@bob and @room", "one two", "0:ada", "000000000001#bob", "12", "3"]
"""Texts for all other fields: words, and places where a page goes on."""

numbers = st.sampled_from([0, 1, -1, 2**31, 2**53, 10**15 - 1, 10**15, 2**63, 2**64]) | st.sampled_from(
    [39, 130, 4_000]
).map(lambda digits: int("9" * digits))
"""Numbers at somebody's bounds: JavaScript's, a processor's, DynamoDB's, Python's."""

texts = st.sampled_from(["", " ", "\n", "\x00", "#", "d#u", "\U0010ffff", "\u202e", "@room", "\ufdfa"]) | st.tuples(
    st.sampled_from(["x", "é", "\ufdfa", "\U0010ffff"]), st.sampled_from([64, 129, 300, 9_000])
).map(lambda part: part[0] * part[1])
"""Texts that are long, empty, or part of somebody's syntax."""

anything: Strategy = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=6,
)
"""Any JSON value, and some that only Python takes for one."""


@st.composite
def mostly(draw: st.DrawFn, right: Strategy, otherwise: Strategy) -> Any:
    """What is right nine times in ten: a frame has several fields, and few have none of them wrong otherwise."""
    return draw(otherwise if draw(st.integers(0, 9)) == 9 else right)


def of_type(kind: msgspec.inspect.Type, known: Sequence[str]) -> Strategy:
    """Values of a type, most of them within what it allows; `known`: texts to prefer."""
    return _VALUES[type(kind)](kind, known)


def _integers(kind: Any, _known: Sequence[str]) -> Strategy:
    few = st.integers(max(kind.ge or 0, 0), min(kind.le or 4, 4))
    return mostly(few, st.integers(kind.ge, kind.le) | numbers)


def _texts(kind: Any, known: Sequence[str]) -> Strategy:
    fitting = st.text(min_size=kind.min_length or 0, max_size=kind.max_length)
    return mostly(st.sampled_from(known), fitting | texts)


def _maps(kind: Any, known: Sequence[str]) -> Strategy:
    return st.dictionaries(of_type(kind.key_type, known), of_type(kind.value_type, known), max_size=3)


_VALUES: dict[type[msgspec.inspect.Type], Callable[[Any, Sequence[str]], Strategy]] = {
    msgspec.inspect.NoneType: lambda _kind, _known: st.none(),
    msgspec.inspect.BoolType: lambda _kind, _known: st.booleans(),
    msgspec.inspect.IntType: _integers,
    msgspec.inspect.FloatType: _integers,
    msgspec.inspect.StrType: _texts,
    msgspec.inspect.LiteralType: lambda kind, _known: st.sampled_from(kind.values),
    msgspec.inspect.ListType: lambda kind, known: st.lists(of_type(kind.item_type, known), max_size=4),
    msgspec.inspect.DictType: _maps,
    msgspec.inspect.StructType: lambda kind, _known: objects(kind.cls),
    msgspec.inspect.UnionType: lambda kind, known: st.one_of(*(of_type(each, known) for each in kind.types)),
}


def objects(struct: type[msgspec.Struct]) -> Strategy:
    """JSON objects with the fields of a struct, some of which are missing or something else."""
    info = msgspec.inspect.type_info(struct)
    assert isinstance(info, msgspec.inspect.StructType)
    needed: dict[Any, Strategy] = {info.tag_field: st.just(info.tag)} if info.tag_field else {}
    optional: dict[Any, Strategy] = {}
    for field in info.fields:
        right = of_type(field.type, KNOWN.get(field.name, WORDS))
        (needed if field.required else optional)[field.encode_name] = mostly(right, anything)
    whole = st.fixed_dictionaries(needed, optional=optional)
    return mostly(whole, st.fixed_dictionaries({}, optional=needed | optional))


commands = st.one_of(*(objects(command) for command in get_args(AnyCommand)))
frames = mostly(
    commands.map(json.dumps),
    st.lists(mostly(commands, anything), max_size=4).map(json.dumps)
    | anything.map(json.dumps)
    | st.text()
    | st.binary(),
)
"""Frames as they come in: mostly commands, else lists of them and what is no frame."""
