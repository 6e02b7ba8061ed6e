"""The table of a benchmark: rows of name, value, unit, baseline and ratio, for people and for programs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; the smaller, the better. `baseline`: the best that others do on the same stub, None where none is."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    """In the same unit."""
    of: str = ""
    """Whose the baseline is, or what was measured."""

    @property
    def ratio(self) -> float | None:
        """How many times better than the baseline."""
        return self.baseline / self.value if self.baseline is not None and self.value else None


def machine() -> dict[str, str | int | None]:
    """Where it was measured."""
    return {"python": platform.python_version(), "cores": os.cpu_count(), "machine": platform.machine()}


def as_json(rows: Sequence[Row]) -> str:
    """For programs."""
    listed = [{**asdict(row), "ratio": row.ratio} for row in rows]
    return json.dumps({"machine": machine(), "rows": listed}, indent=2) + "\n"


def as_markdown(rows: Sequence[Row]) -> str:
    """For documents."""
    lines = ["| name | value | unit | baseline | ratio | |", "|---|---:|---|---:|---:|---|"]
    for row in rows:
        cells = (f"`{row.name}`", _number(row.value), row.unit, _number(row.baseline), _number(row.ratio), row.of)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def as_text(rows: Sequence[Row]) -> str:
    """For a terminal."""
    header = ("name", "value", "unit", "baseline", "ratio", "")
    cells = [
        (row.name, _number(row.value), row.unit, _number(row.baseline), _number(row.ratio), row.of) for row in rows
    ]
    widths = [max(len(line[at]) for line in (header, *cells)) for at in range(len(header))]
    return "\n".join(
        "  ".join(cell.rjust(width) if at in {1, 3, 4} else cell.ljust(width) for at, (cell, width) in enumerate(pairs))
        for pairs in (list(zip(line, widths, strict=True)) for line in (header, *cells))
    )


def write(rows: Sequence[Row], folder: Path) -> None:
    """`bench.json` and `bench.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(as_json(rows), encoding="utf-8")
    (folder / "bench.md").write_text(as_markdown(rows), encoding="utf-8")


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}"  # noqa: PLR2004 - three figures
