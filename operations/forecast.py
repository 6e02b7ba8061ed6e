"""`make forecast`: tomorrow's concurrency of a function from the days before, and capacity that waits for it.

The history is a CSV of `time,concurrency`, an hour a row, or what CloudWatch has counted (`--stage`). Prints the curve
and a plan of provisioned concurrency, of pollers too where the function works off a queue that has its own, and writes
both to `build/forecast.json`. `--dry-run` says what `--apply` would change, `--undo` takes plans away.
Exit status: 0; 1 where AWS does not do it; 2 for what can't be forecast, or had.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local.paths import BUILD
from operations.capacity.plan_text import table
from operations.errors import OperationError, UsageError
from operations.facts import FactError
from operations.forecasting import history, places, pollers, provisioned, seasons
from operations.forecasting.places import Place
from operations.forecasting.pollers import Pollers
from operations.forecasting.provisioned import Provisioned
from operations.forecasting.seasons import Forecast
from operations.stage import Stage

HOURS = 24
FAILED = 1


@dataclass(frozen=True)
class Outlook:
    """A day of one place, and what is to wait for it."""

    place: Place
    begins: datetime
    forecast: Forecast
    environments: Provisioned
    pollers: Pollers | None


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
    parser.add_argument("function", help="the function, as the stage (message.command) or AWS calls it")
    parser.add_argument("--csv", type=Path, help="its history; without it, CloudWatch's")
    parser.add_argument("--stage", help="where the function is; needed for CloudWatch, and to put a plan in force")
    parser.add_argument("--memory", type=int, default=1_024, help="without --stage: its memory in MB (1024)")
    parser.add_argument("--queue", help="without --stage: the queue that it works off")
    parser.add_argument("--region", default="us-east-1", help="whose prices count (us-east-1)")
    parser.add_argument("--output", type=Path, default=BUILD / "forecast.json", help="build/forecast.json")
    force = parser.add_mutually_exclusive_group()
    force.add_argument("--apply", action="store_true", help="put the plans in force")
    force.add_argument("--dry-run", action="store_true", help="say what --apply would change")
    force.add_argument("--undo", action="store_true", help="take the plans away")
    return parser.parse_args(arguments)


def carry_out(options: argparse.Namespace) -> int:
    """Raises `OperationError`, `FactError` and botocore's errors."""
    if not options.stage and (options.apply or options.dry_run or options.undo or not options.csv):
        raise UsageError("Name the --stage whose function this is, or its history with --csv.")
    stage = Stage.find(options.stage) if options.stage else None
    place = places.find(stage, options.function) if stage else _alone(options)
    if options.undo and stage:
        print(undone(stage, place))
        return 0
    outlook = look_ahead(options, stage, place)
    write(options.output, outlook)
    print(shown(outlook))
    if stage and (options.dry_run or options.apply):
        print(changed(stage, outlook, in_force=options.apply))
    return 0


def look_ahead(options: argparse.Namespace, stage: Stage | None, place: Place) -> Outlook:
    """Raises `UsageError` for too little history, and for more than can be had."""
    rows = (
        history.from_csv(options.csv)
        if options.csv or stage is None
        else history.from_cloudwatch(stage.client("cloudwatch"), place.function)
    )
    begins = rows[-1][0] + history.HOUR
    found = seasons.forecast([value for _, value in rows], HOURS)
    at_once = places.most_at_once(stage)
    return Outlook(
        place,
        begins,
        found,
        provisioned.plan(place, begins, found, region=options.region, at_once=at_once),
        pollers.plan(place, begins, found, region=options.region, at_once=at_once) if place.queue else None,
    )


def changed(stage: Stage, outlook: Outlook, *, in_force: bool) -> str:
    """What is different from what was in force, which `in_force` puts in its place."""
    parts = [_told(outlook.environments.title, provisioned.changes(stage, outlook.environments))]
    if outlook.pollers:
        parts.append(_told(outlook.pollers.title, pollers.changes(stage, outlook.pollers)))
    if not in_force:
        return "\n".join(["", *parts, "Nothing was changed: --apply does."])
    provisioned.apply(stage, outlook.environments, outlook.place)
    if outlook.pollers:
        pollers.apply(stage, outlook.pollers)
    return "\n".join(["", *parts, "In force."])


def undone(stage: Stage, place: Place) -> str:
    """Takes all plans of the place away."""
    planned = Provisioned(place.function, place.alias, (), 0)
    steps = provisioned.undo(stage, planned, place)
    steps += pollers.undo(stage, place.queue) if place.queue else 0
    return f"{steps} steps of {place.name} were taken away; what the stage was deployed with is in force."


def write(path: Path, outlook: Outlook) -> None:
    """For programs."""
    found = outlook.forecast
    told = {
        "schema": 2,
        "begins": outlook.begins.isoformat(),
        "expected": found.expected,
        "low": found.low,
        "high": found.high,
        "error": found.error,
        "provisioned": outlook.environments.as_builtins(),
        "pollers": outlook.pollers.as_builtins() if outlook.pollers else None,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def shown(outlook: Outlook) -> str:
    """The curve and the plans."""
    found = outlook.forecast
    hours = zip(found.low, found.expected, found.high, strict=True)
    rows = [
        (f"{outlook.begins + history.HOUR * at:%a %H:%M}", *(f"{value:,.1f}" for value in values))
        for at, values in enumerate(hours)
    ]
    plans = [_plan(plan) for plan in (outlook.environments, outlook.pollers) if plan]
    error = f"Known days were forecast with a mean error of {found.error * 100:.0f} %."
    return "\n\n".join([table(("hour (UTC)", "low", "expected", "high"), rows), error, *plans])


def _plan(plan: Provisioned | Pollers) -> str:
    steps = "\n".join(f"  from {step.at} UTC: {step.capacity}" for step in plan.steps)
    return f"{plan.title}, ${plan.usd_per_month:,.2f} a month beside what runs:\n{steps}"


def _told(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"{title}:", *(f"  {line}" for line in lines or ["as it is in force"])])


def _alone(options: argparse.Namespace) -> Place:
    """A function of which nothing but its history is known."""
    return Place(
        name=options.function, function=options.function, memory_mb=options.memory, queue=options.queue or None
    )


if __name__ == "__main__":
    sys.exit(main())
