"""Pollers of a queue by the clock: what a forecast asks for, and the stage told of it.

The plan is a parameter that the stage's own review of its capacity reads each minute (`functions/ops/capacity.py`): it
is the only one that changes pollers, so that a plan and an alarm don't undo what the other one did.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from math import ceil

from botocore.exceptions import ClientError

from chat.capacity import LEAST_POLLERS, RUNS_A_POLLER
from chat.poller_plans import Plan, PlanError, read_plan, write_plan
from chat.poller_plans import Step as Kept
from operations.errors import OperationError, UsageError
from operations.facts.prices import prices_of
from operations.forecasting.places import Place, require_pollers
from operations.forecasting.schedule import DAYS, Step, differences, steps_of
from operations.forecasting.seasons import Forecast
from operations.stage import Stage


@dataclass(frozen=True)
class Pollers:
    """A day of one queue."""

    queue: str
    steps: tuple[Step, ...]
    usd_per_month: float

    @property
    def title(self) -> str:
        """For people."""
        return f"Pollers of queue {self.queue}"

    def as_builtins(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def plan(place: Place, begins: datetime, forecast: Forecast, *, region: str, at_once: int) -> Pollers:
    """As many pollers as keep the upper bound of the worker's concurrency running, `RUNS_A_POLLER` each.

    Raises `UsageError` for a place without a queue, and where they are more than can be had or could run anything.
    """
    if place.queue is None:
        raise UsageError(f"{place.name} works off no queue that pollers are planned for.")
    least = place.pollers.least if place.pollers else LEAST_POLLERS
    wanted = [max(least, ceil(value / RUNS_A_POLLER)) for value in forecast.high]
    require_pollers(place.queue, max(wanted), place.pollers)
    if max(wanted) * RUNS_A_POLLER > at_once:
        raise UsageError(
            f"{max(wanted)} pollers of {place.queue} keep {max(wanted) * RUNS_A_POLLER:,} functions running, and the "
            f"account runs {at_once:,} (quota L-B99A9384): have it raised first."
        )
    usd = prices_of(region)["poller_hours"].of(sum(wanted) * DAYS)
    return Pollers(place.queue, steps_of(begins, wanted), usd)


def changes(stage: Stage, planned: Pollers) -> list[str]:
    """What `apply` would do to the steps that are in force. One call."""
    there = {Step.of(each.from_min, each.pollers) for each in _kept(stage).get(planned.queue, ())}
    return differences({step.at: step.capacity for step in there}, {step.at: step.capacity for step in planned.steps})


def apply(stage: Stage, planned: Pollers) -> None:
    """Puts the plan of this queue in the place of its earlier one; in force within a minute."""
    steps = tuple(sorted((Kept(step.minute, step.capacity) for step in planned.steps), key=lambda step: step.from_min))
    _keep(stage, {**_kept(stage), planned.queue: steps})


def undo(stage: Stage, queue: str) -> int:
    """Takes the queue's plan away; returns how many steps there were. Pollers are lowered as after an alarm."""
    kept = _kept(stage)
    steps = kept.pop(queue, ())
    if steps:
        _keep(stage, kept)
    return len(steps)


def _kept(stage: Stage) -> Plan:
    try:
        return read_plan(stage.client("ssm").get_parameter(Name=_parameter(stage))["Parameter"]["Value"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        return {}
    except PlanError as error:
        raise OperationError(
            f"{_parameter(stage)}: {error}. Delete the parameter, and apply the plans anew."
        ) from error


def _keep(stage: Stage, kept: Plan) -> None:
    stage.client("ssm").put_parameter(
        Name=_parameter(stage),
        Value=write_plan(kept),
        Type="String",
        Overwrite=True,
    )


def _parameter(stage: Stage) -> str:
    return f"/chat/{stage.name}/poller-plan"
