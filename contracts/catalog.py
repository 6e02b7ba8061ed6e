"""What the protocol consists of, read from its source: commands with their replies, events, objects, errors.

Types come from the code itself, words from its docstrings. How any of it is written down is not known here.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import pkgutil
import re
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import msgspec

from chat import errors, protocol
from contracts.glossary import MEANINGS

REPLY = re.compile(r"\s*Reply: `(\w+)`([^.]*)\.")
"""How a command's docstring names its reply. One that names none is answered with `Done`."""

Struct = type[msgspec.Struct]


class CatalogError(Exception):
    """The protocol's source lacks something that its documents need."""


@dataclass(frozen=True)
class Words:
    """A docstring: what it says, in paragraphs, without line breaks."""

    paragraphs: tuple[str, ...]

    @classmethod
    def of(cls, documented: object) -> Words:
        """The object's own docstring. JSON has no None: it is null here."""
        text = re.sub(r"\bNone\b", "null", inspect.getdoc(documented) or "")
        return cls(tuple(" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()))

    def sentences(self) -> Iterator[str]:
        """One by one, each with its full stop."""
        for paragraph in self.paragraphs:
            yield from re.split(r"(?<=\.)\s+(?=[A-Z`])", paragraph)

    def about(self, field: str) -> str:
        """The sentences that name `field`."""
        named = (sentence for sentence in self.sentences() if re.search(rf"`{field}`", sentence))
        return " ".join(REPLY.sub("", sentence) for sentence in named)

    def __str__(self) -> str:
        """All of it, paragraphs apart."""
        return "\n\n".join(self.paragraphs)


@dataclass(frozen=True)
class Command:
    """One `action`. `reply_note` is what its docstring adds about the reply, such as ", with those …"."""

    action: str
    struct: Struct
    words: Words
    reply: Struct
    reply_note: str

    @property
    def name(self) -> str:
        """Its type's."""
        return self.struct.__name__

    @property
    def ack(self) -> Struct:
        """The type of the frame that acknowledges this command: `Ack` with its action and its result."""
        return _ack_type(self.struct, self.reply)


@dataclass(frozen=True)
class Event:
    """One `type` of frame that answers no command."""

    type: str
    struct: Struct
    words: Words

    @property
    def name(self) -> str:
        """Its type's."""
        return self.struct.__name__


@cache
def commands() -> tuple[Command, ...]:
    """All commands, in the order of the source."""
    return tuple(_command(struct) for struct in typing.get_args(protocol.AnyCommand))


@cache
def events() -> tuple[Event, ...]:
    """All events, in the order of the source."""
    structs = typing.get_args(protocol.AnyEvent)
    return tuple(Event(_tag(struct), struct, Words.of(struct)) for struct in structs)


def documents() -> tuple[Struct, ...]:
    """What is answered over HTTP in the protocol's own words: the parts of a tail."""
    return protocol.TailLive, protocol.TailSegment, protocol.TailChanges


@cache
def error_types() -> tuple[type[errors.ChatError], ...]:
    """Everything that can be refused with, by HTTP status, otherwise in the order of the source."""

    def below(error: type[errors.ChatError]) -> Iterator[type[errors.ChatError]]:
        for child in error.__subclasses__():
            if child.__module__ == errors.__name__:
                yield child
                yield from below(child)

    return tuple(sorted(below(errors.ChatError), key=lambda error: error.status))


@cache
def literals() -> dict[frozenset[str], tuple[str, ...]]:
    """Every closed set of strings in the protocol, with its members in the order of the source."""
    found: dict[frozenset[str], tuple[str, ...]] = {}
    for struct in vars(protocol).values():
        if isinstance(struct, type) and issubclass(struct, msgspec.Struct):
            for hint in typing.get_type_hints(struct).values():
                for values in _literals(hint):
                    found[frozenset(values)] = values
    return found


@cache
def named_literals() -> dict[frozenset[str], str]:
    """The sets of strings that have a name of their own, such as `Role`."""
    named = {name: value for name, value in vars(protocol.fields).items() if typing.get_origin(value) is Literal}
    return {frozenset(typing.get_args(value)): name for name, value in named.items()}


def constants() -> dict[str, int]:
    """The protocol's numbers, by name, in the order of the source."""
    return {name: value for name, value in vars(protocol.fields).items() if name.isupper() and isinstance(value, int)}


def meaning(struct: Struct, field: str) -> str:
    """What a field says: its own docstring, or the glossary on this very field, or the sentences of its type's
    docstring that name it, or the glossary on fields of this name, or its alias's docstring.

    Raises `CatalogError` where none says anything.
    """
    source = _source()
    base = protocol.Ack if struct.__struct_config__.tag == "ack" else struct
    owners = [owner.__name__ for owner in inspect.getmro(base) if vars(protocol).get(owner.__name__) is owner]
    said = [
        *(source.fields.get((owner, field)) for owner in owners),
        *(MEANINGS.get(f"{owner}.{field}") for owner in owners),
        *(Words.of(getattr(protocol, owner)).about(field) for owner in owners),
        MEANINGS.get(field),
        *(source.aliases.get(name) for name in _alias_names(base, field)),
    ]
    found = next(filter(None, said), None)
    if found is None:
        raise CatalogError(f"nothing says what `{field}` of {struct.__name__} means: write it into its docstring")
    return found


def _command(struct: Struct) -> Command:
    words = Words.of(struct)
    named = REPLY.search(str(words))
    reply = getattr(protocol, named[1]) if named else protocol.Done
    without = Words(tuple(REPLY.sub("", paragraph).strip() for paragraph in words.paragraphs))
    shown = Words(tuple(paragraph for paragraph in without.paragraphs if paragraph))
    return Command(_tag(struct), struct, shown, reply, named[2] if named else "")


@cache
def _ack_type(command: Struct, result: Struct) -> Struct:
    action = _tag(command)
    types: dict[str, Any] = {"action": Literal[action], "result": result}
    fields = [(field.name, types.get(field.name, field.type)) for field in msgspec.structs.fields(protocol.Ack)]
    made = msgspec.defstruct(f"{command.__name__}Ack", fields, tag="ack", tag_field="type", frozen=True, kw_only=True)
    made.__doc__ = f"`{action}` was carried out."
    return made


def _tag(struct: Struct) -> str:
    return str(struct.__struct_config__.tag)


def _literals(hint: object) -> Iterator[tuple[str, ...]]:
    if typing.get_origin(hint) is Literal:
        yield typing.get_args(hint)
    else:
        for inner in typing.get_args(hint):
            yield from _literals(inner)


@dataclass(frozen=True)
class _Source:
    """The docstrings that Python itself throws away: those below a field or an alias."""

    fields: dict[tuple[str, str], str]
    aliases: dict[str, str]
    annotations: dict[tuple[str, str], str]


@cache
def _source() -> _Source:
    modules = pkgutil.iter_modules(protocol.__path__, f"{protocol.__name__}.")
    trees = [ast.parse(inspect.getsource(importlib.import_module(module.name))) for module in modules]
    classes = [node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)]
    return _Source(
        fields={(struct.name, name): words for struct in classes for name, words in _documented(struct.body)},
        aliases={name: words for tree in trees for name, words in _documented(tree.body)},
        annotations={
            (struct.name, ast.unparse(statement.target)): ast.unparse(statement.annotation)
            for struct in classes
            for statement in struct.body
            if isinstance(statement, ast.AnnAssign)
        },
    )


def _documented(statements: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement, following in itertools.pairwise(statements):
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            words = " ".join(str(following.value.value).split())
            if isinstance(statement, ast.AnnAssign):
                yield ast.unparse(statement.target), words
            elif isinstance(statement, ast.Assign):
                yield ast.unparse(statement.targets[0]), words


def _alias_names(struct: Struct, field: str) -> list[str]:
    annotation = _source().annotations.get((struct.__name__, field), "")
    return re.findall(r"\w+", annotation)
