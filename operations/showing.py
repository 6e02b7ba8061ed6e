"""Queues and letters as text for a terminal. What users wrote is shown only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chat.aws.dead_letters.letters import Letter
from chat.aws.dead_letters.outlines import outline
from chat.aws.dead_letters.queue import Depth

UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


@dataclass(frozen=True)
class Row:
    """A queue in the list: `oldest_ms` is its oldest letter's age, None without letters.

    `more` says that there are letters which were not looked at, so that the oldest may be older.
    """

    name: str
    depth: Depth
    oldest_ms: int | None
    more: bool
    redrive: str


def table(rows: Iterable[Row]) -> str:
    """The list of a stage's queues."""
    cells = [("queue", "letters", "hidden", "oldest", "redriven to")]
    for row in rows:
        oldest = "-" if row.oldest_ms is None else f"{'more than ' if row.more else ''}{age(row.oldest_ms)}"
        cells.append((row.name, str(row.depth.waiting), str(row.depth.hidden), oldest, row.redrive))
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)
    return "\n".join(line.rstrip() for line in lines)


def letter(found: Letter, now_ms: int, *, bodies: bool) -> str:
    """One letter: when, how often, what. `bodies` shows its body as it is."""
    lines = [
        found.id,
        f"  sent            {moment(found.sent_at_ms)}, {age(now_ms - found.sent_at_ms)} ago",
        f"  first received  {moment(found.first_received_at_ms)}",
        f"  received        {found.receives} times, this time included",
    ]
    lines += [f"  {name} = {_value(value)}" for name, value in sorted(found.attributes.items())]
    lines.append(f"  body            {found.body if bodies else outline(found)}")
    return "\n".join(lines)


def moment(at_ms: int) -> str:
    """To the second, UTC."""
    return f"{datetime.fromtimestamp(at_ms / 1_000, UTC):%Y-%m-%d %H:%M:%S}Z"


def age(duration_ms: int) -> str:
    """In the two largest units: `3 d 4 h`."""
    left_s = max(0, duration_ms // 1_000)
    parts: list[str] = []
    for unit, size_s in UNITS:
        count, left_s = divmod(left_s, size_s)
        if count or parts:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


class Showing:
    """A destination that prints letters and takes none: what inspecting them is, and trying something out."""

    at_once = 10
    sent: Container[str] = frozenset()

    def __init__(self, write: Callable[[str], object], now_ms: int, *, bodies: bool) -> None:
        self._write = write
        self._now_ms = now_ms
        self._bodies = bodies

    def take(self, letters: Sequence[Letter]) -> list[str | None]:
        """Nothing can go wrong with any."""
        for each in letters:
            self._write(letter(each, self._now_ms, bodies=self._bodies) + "\n")
        return [None] * len(letters)


def _value(attribute: Any) -> str:  # noqa: ANN401  # a part of boto3's message
    return str(attribute.get("StringValue", attribute.get("BinaryValue")))
