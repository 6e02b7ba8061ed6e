"""`make tune`: which memory and which batch a function is cheapest with, and what that saves, by measured runs.

The runs are a CSV of `memory_mb,batch,duration_ms`: invocations of one function as its log reports them (`batch` is 1
where it gets one event at a time). Prints a table and the advice in dollars. Exit status: 0; 2 for what can't be
compared.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from operations.capacity.plan_text import table
from operations.errors import OperationError, UsageError
from operations.facts import FactError
from operations.facts.prices import MILLION, Price, prices_of

COLUMNS = ("memory_mb", "batch", "duration_ms")
LEAST_MB, MOST_MB = 128, 10_240
"""Of a function (AWS Lambda Developer Guide, quotas)."""


@dataclass(frozen=True)
class Choice:
    """One memory and batch, as its runs were."""

    memory_mb: int
    batch: int
    runs: int
    median_ms: float
    usd_per_million: float
    """Of events, each invocation having a whole batch of them."""


def read(path: Path) -> dict[tuple[int, int], list[float]]:
    """Durations by memory and batch. Raises `UsageError` naming the line that is none."""
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from error
    if not rows or not set(COLUMNS) <= rows[0].keys():
        raise UsageError(f"{path} has no rows with the columns {', '.join(COLUMNS)}.")
    found: dict[tuple[int, int], list[float]] = defaultdict(list)
    for number, row in enumerate(rows, start=2):
        try:
            memory_mb, batch, duration_ms = int(row["memory_mb"]), int(row["batch"]), float(row["duration_ms"])
        except (ValueError, TypeError) as error:
            raise UsageError(f"{path}, line {number}: {error}.") from error
        if not LEAST_MB <= memory_mb <= MOST_MB or batch < 1 or not 0 < duration_ms < float("inf"):
            raise UsageError(
                f"{path}, line {number}: memory is {LEAST_MB} to {MOST_MB} MB, batch 1 or more, duration above 0."
            )
        found[memory_mb, batch].append(duration_ms)
    return found


def choices(runs: dict[tuple[int, int], list[float]], prices: dict[str, Price]) -> list[Choice]:
    """The cheapest first."""
    found = [
        Choice(memory_mb, batch, len(durations), median(durations), _usd(memory_mb, batch, durations, prices) * MILLION)
        for (memory_mb, batch), durations in runs.items()
    ]
    return sorted(found, key=lambda choice: (choice.usd_per_million, choice.median_ms))


def advice(found: Sequence[Choice], current: tuple[int, int], events_per_month: float, within_ms: float | None) -> str:
    """What to change, and what it saves. Raises `UsageError` where the present choice was not measured."""
    now = next((choice for choice in found if (choice.memory_mb, choice.batch) == current), None)
    if now is None:
        raise UsageError(f"There is no run of {current[0]} MB and batch {current[1]}: measure what you have now, too.")
    fast = [choice for choice in found if within_ms is None or choice.median_ms <= within_ms]
    if not fast:
        fastest_ms = min(choice.median_ms for choice in found)
        return f"No choice ends within {within_ms:,.0f} ms at the median: the fastest takes {fastest_ms:,.1f}."
    best = fast[0]
    saved = (now.usd_per_million - best.usd_per_million) * events_per_month / MILLION
    if best == now:
        return f"{now.memory_mb} MB and batch {now.batch} are the cheapest of what was measured."
    done = f"saves ${saved:,.2f}" if saved >= 0 else f"costs ${-saved:,.2f} more, for being in time,"
    return f"{best.memory_mb} MB and batch {best.batch} instead of {now.memory_mb} MB and {now.batch}: {done} a month."


def main(arguments: Sequence[str] | None = None) -> int:
    """Compares; returns the exit status."""
    options = _parse(arguments)
    try:
        found = choices(read(options.runs), prices_of(options.region))
        told = advice(found, (options.memory, options.batch), options.events, options.within)
    except (OperationError, FactError) as error:
        sys.stderr.write(f"{error}\n")
        return UsageError.status
    rows = [
        (str(c.memory_mb), str(c.batch), f"{c.runs:,}", f"{c.median_ms:,.1f}", f"{c.usd_per_million:,.3f}")
        for c in found
    ]
    print(f"{table(('memory MB', 'batch', 'runs', 'median ms', '$/M events'), rows)}\n\n{told}")
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m operations.tune", description=__doc__)
    parser.add_argument("runs", type=Path, help="a CSV of memory_mb,batch,duration_ms")
    parser.add_argument("--memory", type=int, required=True, help="MB that the function has now")
    parser.add_argument("--batch", type=int, default=1, help="events that it gets at once now (1)")
    parser.add_argument("--events", type=float, required=True, help="events in a month")
    parser.add_argument("--within", type=float, help="ms that the median may take (any)")
    parser.add_argument("--region", default="us-east-1", help="whose prices count (us-east-1)")
    return parser.parse_args(arguments)


def _usd(memory_mb: int, batch: int, durations: Sequence[float], prices: dict[str, Price]) -> float:
    """Of one event. Lambda bills each millisecond that has begun."""
    gb_s = memory_mb / 1_024 * fmean(-(-duration // 1) for duration in durations) / 1_000
    return (prices["lambda_gb_s"].usd * gb_s + prices["lambda_requests"].usd) / batch


if __name__ == "__main__":
    sys.exit(main())
