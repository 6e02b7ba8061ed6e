"""What DynamoDB charges for a call, by its published rules. Pure.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chat.ports import Item

WRITE_UNIT_BYTES = 1_024
READ_UNIT_BYTES = 4_096
TRANSACTIONAL = 2
"""A write in a transaction counts so many times."""


@dataclass
class Units:
    """Units of on-demand capacity."""

    read: float = 0
    written: int = 0

    def count_read(self, items: Iterable[Item | None], *, consistent: bool) -> None:
        """Items read by one GetItem or Query, together; each key of a BatchGetItem counts alone."""
        read_bytes = sum(size_bytes(item) for item in items if item is not None)
        self.read += max(1, _started(read_bytes, READ_UNIT_BYTES)) * (1 if consistent else 0.5)

    def count_write(self, before: Item | None, after: Item | None, *, transactional: bool = False) -> None:
        """One item written: the larger of what stood there and what stands there then."""
        written_bytes = max(size_bytes(item) if item is not None else 0 for item in (before, after))
        self.written += max(1, _started(written_bytes, WRITE_UNIT_BYTES)) * (TRANSACTIONAL if transactional else 1)


def size_bytes(item: Item) -> int:
    """What an item counts for: names and values, in UTF-8."""
    total_bytes = 0
    for name, value in item.items():
        # Nearly all names and values are short ASCII text, and a simulation asks for millions of sizes.
        total_bytes += len(name) if name.isascii() else len(name.encode())
        if type(value) is str:
            total_bytes += len(value) if value.isascii() else len(value.encode())
        else:
            total_bytes += _value_bytes(value)
    return total_bytes


def _value_bytes(value: Any) -> int:  # noqa: ANN401 - an attribute is any JSON value
    match value:
        case None | bool():
            return 1
        case int():
            return len(str(abs(value))) // 2 + 2
        case str():
            return len(value.encode())
        case dict():
            return 3 + size_bytes(value) + len(value)
        case list() | tuple():
            return 3 + sum(1 + _value_bytes(each) for each in value)
        case _:
            raise TypeError(type(value).__name__)


def _started(total_bytes: int, unit_bytes: int) -> int:
    return -(-total_bytes // unit_bytes)
