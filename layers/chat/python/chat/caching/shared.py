"""The second tier as it is asked: keys and bytes that all function instances see. It may lose anything at any time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import msgspec

from chat.caching.kinds import Kind, Name
from chat.caching.memory import Entry

FORMAT = "1"
"""Stands in every key: functions of two deployments, alive at the same time, never read each other's bytes."""

_encoder = msgspec.msgpack.Encoder()


@dataclass(frozen=True)
class Value:
    """Bytes to be kept under a key for `life_ms`."""

    key: str
    body: bytes
    life_ms: int


@dataclass(frozen=True)
class Answer:
    """What stands under the keys that were asked for, in their order, and the log where it was asked for, too."""

    bodies: Sequence[bytes | None]
    log: Sequence[bytes] = ()


class Shared(Protocol):
    """A store in memory, near by. No method raises or waits for long: out of reach is an answer, too."""

    def read(self, keys: Sequence[str], *, log: bool = False) -> Answer | None:
        """What stands there, in one round trip; None where the tier is out of reach."""

    def write(self, values: Sequence[Value]) -> bool:
        """Keeps each value, over any before it; whether that came to pass."""

    def drop(self, keys: Sequence[str]) -> bool:
        """Removes what stands there; whether that came to pass."""

    def claim(self, key: str, life_ms: int) -> bool:
        """Takes a key that nobody else has taken in the last `life_ms`; True, too, where nobody can be asked."""

    def count(self, key: str, life_ms: int) -> int:
        """The how manieth this is in `life_ms` from the first, over all instances; 0 where nobody can be asked."""

    def append(self, line: bytes, *, life_ms: int, most: int, over: bytes) -> bool:
        """Adds a line to the log, which goes on living for `life_ms`; whether that came to pass.

        A log of more than `most` lines becomes the one line `over`, which must say as much as all of them.
        """


def key_of(name: Name) -> str:
    """The key of a value."""
    return f"{FORMAT}:{name.text}"


def encode(entry: Entry) -> bytes:
    """The entry as bytes."""
    return _encoder.encode((entry.version, entry.read_at_ms, entry.until_ms, entry.value))


def decode(kind: Kind, body: bytes) -> Entry | None:
    """The entry in the bytes; None for what is none, whoever wrote it."""
    try:
        version, read_at_ms, until_ms, value = _decoder(kind).decode(body)
    except msgspec.MsgspecError:
        return None
    return Entry(value, read_at_ms, until_ms, version)


@cache
def _decoder(kind: Kind) -> msgspec.msgpack.Decoder[tuple[str, int, int, object]]:
    return msgspec.msgpack.Decoder(tuple[str, int, int, kind.type])  # type: ignore[name-defined]
