"""How many messages there were, hour by hour: from a file, or as CloudWatch has counted them."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from operations.errors import UsageError

HOUR = timedelta(hours=1)
DAYS = 14
COLUMNS = ("time", "concurrency")


def from_csv(path: Path) -> list[tuple[datetime, float]]:
    """Rows of `time,concurrency`, hour after hour. Raises `UsageError` naming the line that is not so."""
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from error
    if not rows or not set(COLUMNS) <= rows[0].keys():
        raise UsageError(f"{path} has no rows with the columns {' and '.join(COLUMNS)}.")
    return without_holes([_row(path, number, row) for number, row in enumerate(rows, start=2)])


def from_cloudwatch(watch: Any, function: str) -> list[tuple[datetime, float]]:  # noqa: ANN401  # boto3's client
    """The most of a function that ran at once, each hour of the last `DAYS`; 0 where nobody counted. One call."""
    until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    since = until - timedelta(days=DAYS)
    found = watch.get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="ConcurrentExecutions",
        Dimensions=[{"Name": "FunctionName", "Value": function}],
        StartTime=since,
        EndTime=until,
        Period=int(HOUR.total_seconds()),
        Statistics=["Maximum"],
    )
    counted = {point["Timestamp"].astimezone(UTC): float(point["Maximum"]) for point in found["Datapoints"]}
    if not counted:
        raise UsageError(f"CloudWatch has counted nothing of function {function} in {DAYS} days.")
    return [(at, counted.get(at, 0.0)) for at in (since + HOUR * hour for hour in range(DAYS * 24))]


def without_holes(rows: list[tuple[datetime, float]]) -> list[tuple[datetime, float]]:
    """Raises `UsageError` unless each is an hour after the one before."""
    for (before, _), (at, _) in pairwise(rows):
        if at - before != HOUR:
            raise UsageError(
                f"After {before:%Y-%m-%dT%H:%M} comes {at:%Y-%m-%dT%H:%M}: the rows are to be an hour apart."
            )
    return rows


def _row(path: Path, number: int, row: dict[str, str]) -> tuple[datetime, float]:
    try:
        at, value = datetime.fromisoformat(row["time"]), float(row["concurrency"])
    except (ValueError, TypeError) as error:
        raise UsageError(f"{path}, line {number}: {error}.") from error
    if not 0 <= value < float("inf"):
        raise UsageError(f"{path}, line {number}: concurrency is 0 or more, not {value}.")
    return (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)), value
