"""What a call costs in CPU: as `make bench` measured it last, else as `docs/performance.md` has it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from local.paths import BUILD, ROOT
from operations.errors import UsageError
from operations.facts import Source

BENCH = BUILD / "bench.json"
DOCUMENTED = Source("measured", "docs/performance.md")

CORE_MB = 1_769
"""Memory for which Lambda gives one core (AWS Lambda Developer Guide, memory)."""

_ROWS = {
    "fanout_cpu_per_delivery_tls": "delivery_us",
    "dynamodb_put_cpu": "put_us",
    "dynamodb_query_100_cpu": "query_us",
}
"""Rows of the benchmark's file, and what they are here."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """µs of a core that is nobody else's, of a machine like the one they were measured on."""

    delivery_us: float = 50
    put_us: float = 129
    query_us: float = 364
    source: Source = DOCUMENTED

    def cpu_ms(self, cpu_us: float, memory_mb: int) -> float:
        """How long that takes in a function with so much memory, which has so much of a core."""
        return cpu_us / 1_000 * max(1.0, CORE_MB / memory_mb)


def read(path: Path = BENCH) -> Figures:
    """The last benchmark's, where there was one; each that it has not is the documented one.

    Raises `UsageError` for a file that is none of a benchmark.
    """
    if not path.exists():
        return Figures()
    try:
        rows = {row["name"]: float(row["value"]) for row in json.loads(path.read_text(encoding="utf-8"))["rows"]}
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} is no result of `make bench` ({error!r}): run it again, or remove the file."
        ) from error
    found = {name: rows[row] for row, name in _ROWS.items() if row in rows}
    if not found:
        return Figures()
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    return Figures(**found, source=Source("measured", str(shown)))
