"""What a row is about, told by its key: `chat.storage.keys` read backwards, for whoever goes through whole tables.

Rows are DynamoDB's JSON, as files of an export and answers of a scan have them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chat.ports import Key
from chat.storage.keys import CHANGES, LATEST, MEMBER, MESSAGES, ROOM

Attributes = dict[str, Any]

COUNTER, WORDS, REACTIONS, PINS = "c#", "w#", "x#", "p#"
READS, COMMANDS = "reads#", "d#"
OF_A_USER = ("user#", "traces#", "push#")
"""How partitions begin that are one user's own."""


def key_of(row: Mapping[str, Any]) -> Key:
    """Partition and sort key as the domain has them."""
    kind, value = next(iter(row["sk"].items()))
    return row["pk"]["S"], int(value) if kind == "N" else value


def counted_room(key: Key) -> str | None:
    """The room whose counters these are."""
    pk = key[0]
    return pk.removeprefix(COUNTER) if pk.startswith(COUNTER) else None


def message(key: Key) -> tuple[str, int] | None:
    """Room and number of the message that stands there."""
    pk, sk = key
    return (pk.split("#")[1], int(sk)) if pk.startswith(MESSAGES) else None


def change(key: Key) -> tuple[str, int] | None:
    """Room and rev of the change that stands there."""
    pk, sk = key
    return (pk.split("#")[1], int(sk)) if pk.startswith(CHANGES) else None


def beside(key: Key) -> tuple[str, int] | None:
    """Room and number of the message that a reaction, a pin or a word of the search index goes with."""
    pk, sk = key
    if pk.startswith(REACTIONS):
        room, number = pk.removeprefix(REACTIONS).split("#")
        return room, int(number)
    if pk.startswith(PINS):
        return pk.removeprefix(PINS), int(sk)
    return (pk.split("#")[1], -int(sk)) if pk.startswith(WORDS) else None


def previewed_room(key: Key) -> str | None:
    """The room whose newest message is shown by it."""
    pk, sk = key
    return pk.removeprefix(ROOM) if pk.startswith(ROOM) and sk == LATEST else None


def member(key: Key) -> tuple[str, str] | None:
    """Room and user of the membership that stands there."""
    pk, sk = str(key[0]), str(key[1])
    return (pk.removeprefix(ROOM), sk.removeprefix(MEMBER)) if pk.startswith(ROOM) and sk.startswith(MEMBER) else None


def reader(key: Key) -> tuple[str, str] | None:
    """Room and user of the read cursor on the room's side; None for a summary or a notice."""
    pk, sk = key
    parts = pk.split("#")
    return (parts[1], str(sk)) if pk.startswith(READS) and len(parts) == 3 else None  # noqa: PLR2004 - keys.read_cursor


def owner(key: Key) -> str | None:
    """The user whose own partition it is in."""
    pk = key[0]
    if pk.startswith(COMMANDS):
        length, _, rest = pk.removeprefix(COMMANDS).partition("#")
        return rest[: int(length)]
    found = next((prefix for prefix in OF_A_USER if pk.startswith(prefix)), None)
    return pk.removeprefix(found) if found else None
