"""`make forecast`: tomorrow's concurrency of a function from the days before, and environments provisioned for it.

The history is a CSV of `time,concurrency`, an hour a row, or what CloudWatch has counted (`--stage`). Prints the curve,
and writes curve and schedule to `build/forecast.json`. With `--apply` Application Auto Scaling is told of the schedule.
Exit status: 0; 1 where AWS does not do it; 2 for what can't be forecast.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local.paths import BUILD
from operations.capacity.plan_text import table
from operations.errors import OperationError, UsageError
from operations.facts import FactError
from operations.forecasting import history, schedule, seasons
from operations.forecasting.schedule import Schedule
from operations.forecasting.seasons import Forecast
from operations.stage import Stage

HOURS = 24
FAILED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Forecasts; returns the exit status."""
    options = parse(arguments)
    try:
        return carry_out(options)
    except (OperationError, FactError) as error:
        sys.stderr.write(f"{error}\n")
        return error.status if isinstance(error, OperationError) else UsageError.status
    except (BotoCoreError, ClientError) as error:
        sys.stderr.write(f"AWS does not do this: {error}\n")
        return FAILED


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m operations.forecast", description=__doc__)
    parser.add_argument("function", help="the deployed function's name")
    parser.add_argument("--csv", type=Path, help="its history; without it, CloudWatch's")
    parser.add_argument("--stage", help="where the function is; needed for CloudWatch and --apply")
    parser.add_argument("--alias", default="live", help="what provisioned concurrency belongs to (live)")
    parser.add_argument("--memory", type=int, default=1_024, help="the function's memory in MB (1024)")
    parser.add_argument("--region", default="us-east-1", help="whose prices count (us-east-1)")
    parser.add_argument("--apply", action="store_true", help="put the schedule in force")
    parser.add_argument("--output", type=Path, default=BUILD / "forecast.json", help="build/forecast.json")
    return parser.parse_args(arguments)


def carry_out(options: argparse.Namespace) -> int:
    """Raises `OperationError`, `FactError` and botocore's errors."""
    if not options.stage and (options.apply or not options.csv):
        raise UsageError("Name the --stage whose function this is, or its history with --csv.")
    stage = Stage.find(options.stage) if options.stage else None
    rows = (
        history.from_csv(options.csv)
        if options.csv or stage is None
        else history.from_cloudwatch(stage.client("cloudwatch"), options.function)
    )
    begins = rows[-1][0] + history.HOUR
    found = seasons.forecast([value for _, value in rows], HOURS)
    planned = schedule.plan(
        options.function, options.alias, begins, found, memory_mb=options.memory, region=options.region
    )
    write(options.output, begins, found, planned)
    print(shown(begins, found, planned))
    if options.apply and stage is not None:
        calls = schedule.apply(stage.client("application-autoscaling"), planned)
        print(f"In force: {len(planned.steps)} scheduled actions for {planned.resource}, by {calls} calls.")
    return 0


def write(path: Path, begins: datetime, found: Forecast, planned: Schedule) -> None:
    """For programs."""
    told = {
        "schema": 1,
        "begins": begins.isoformat(),
        "expected": found.expected,
        "low": found.low,
        "high": found.high,
        "error": found.error,
        "schedule": planned.as_builtins(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def shown(begins: datetime, found: Forecast, planned: Schedule) -> str:
    """The curve and the plan."""
    hours = zip(found.low, found.expected, found.high, strict=True)
    rows = [
        (f"{begins + history.HOUR * at:%a %H:%M}", *(f"{value:,.1f}" for value in values))
        for at, values in enumerate(hours)
    ]
    steps = "\n".join(f"  from {step.at} UTC: {step.capacity}" for step in planned.steps)
    return (
        f"{table(('hour (UTC)', 'low', 'expected', 'high'), rows)}\n\n"
        f"Known days were forecast with a mean error of {found.error * 100:.0f} %.\n"
        f"Provisioned concurrency of {planned.resource}, ${planned.usd_per_month:,.2f} a month beside what runs:\n"
        f"{steps}"
    )


if __name__ == "__main__":
    sys.exit(main())
