"""Provisioned concurrency by the clock: what a forecast asks for, and Application Auto Scaling told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from math import ceil
from typing import Any

from operations.errors import UsageError
from operations.facts.prices import prices_of
from operations.forecasting.places import UNRESERVED, Place
from operations.forecasting.schedule import DAYS, Step, differences, steps_of
from operations.forecasting.seasons import Forecast
from operations.stage import Stage

DIMENSION = "lambda:function:ProvisionedConcurrency"
NAMESPACE = "lambda"
OWN = "forecast-"
"""How scheduled actions of ours begin. Somebody else's are left alone."""


@dataclass(frozen=True)
class Provisioned:
    """A day of one function's alias."""

    function: str
    alias: str
    steps: tuple[Step, ...]
    usd_per_month: float
    """Of environments that wait, all hours of a month as planned."""

    @property
    def title(self) -> str:
        """For people."""
        return f"Provisioned concurrency of {self.resource}"

    @property
    def resource(self) -> str:
        """As Application Auto Scaling names it."""
        return f"function:{self.function}:{self.alias}"

    @property
    def most(self) -> int:
        """In its busiest hour."""
        return max(step.capacity for step in self.steps)

    def as_builtins(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def plan(place: Place, begins: datetime, forecast: Forecast, *, region: str, at_once: int) -> Provisioned:
    """As many environments as the forecast's upper bound asks for in each hour, never fewer than the stage keeps.

    Raises `UsageError` where that is more than the stage or the account lets the function have.
    """
    least = place.provisioned.least if place.provisioned else 0
    wanted = [max(least, ceil(value)) for value in forecast.high]
    most = min(at_once - UNRESERVED, place.provisioned.most if place.provisioned else at_once)
    if max(wanted) > most:
        raise UsageError(
            f"{max(wanted):,} environments of {place.function} are wanted, and {most:,} can be had: the account runs "
            f"{at_once:,} functions at once and keeps {UNRESERVED} of them free (quota L-B99A9384), the stage has its "
            "own bound in `capacity` of cdk/config/stages.py."
        )
    gb_s = sum(wanted) * 3_600 * place.memory_mb / 1_024 * DAYS
    usd = prices_of(region)["provisioned_gb_s"].of(gb_s)
    return Provisioned(place.function, place.alias, steps_of(begins, wanted), usd)


def changes(stage: Stage, planned: Provisioned) -> list[str]:
    """What `apply` would do to the steps that are in force. One call."""
    there = {_at(action): _capacity(action) for action in _actions(_scaling(stage), planned)}
    return differences(there, {step.at: step.capacity for step in planned.steps})


def apply(stage: Stage, planned: Provisioned, place: Place) -> None:
    """Puts the plan in force and takes away what an earlier one left. Target tracking goes on above it."""
    scaling, of = _scaling(stage), _of(planned)
    most = place.provisioned.most if place.provisioned else planned.most
    if not scaling.describe_scalable_targets(
        ServiceNamespace=NAMESPACE, ResourceIds=[planned.resource], ScalableDimension=DIMENSION
    )["ScalableTargets"]:
        scaling.register_scalable_target(**of, MinCapacity=0, MaxCapacity=most)
    for step in planned.steps:
        scaling.put_scheduled_action(
            **of,
            ScheduledActionName=_name(step),
            Schedule=f"cron({step.minute % 60} {step.minute // 60} * * ? *)",
            ScalableTargetAction={"MinCapacity": step.capacity, "MaxCapacity": max(most, step.capacity)},
        )
    kept = {_name(step) for step in planned.steps}
    _delete(scaling, of, [action for action in _actions(scaling, planned) if action["ScheduledActionName"] not in kept])


def undo(stage: Stage, planned: Provisioned, place: Place) -> int:
    """Takes all steps away and goes back to what the stage keeps; returns how many steps there were."""
    scaling, of = _scaling(stage), _of(planned)
    there = _actions(scaling, planned)
    _delete(scaling, of, there)
    if place.provisioned:
        scaling.register_scalable_target(**of, MinCapacity=place.provisioned.least, MaxCapacity=place.provisioned.most)
    elif there:
        # Deregistered, the environments of the last step would go on waiting, and cost.
        scaling.deregister_scalable_target(**of)
        stage.client("lambda").delete_provisioned_concurrency_config(
            FunctionName=planned.function, Qualifier=planned.alias
        )
    return len(there)


def _scaling(stage: Stage) -> Any:  # noqa: ANN401  # boto3's client
    return stage.client("application-autoscaling")


def _of(planned: Provisioned) -> dict[str, str]:
    return {"ServiceNamespace": NAMESPACE, "ResourceId": planned.resource, "ScalableDimension": DIMENSION}


def _name(step: Step) -> str:
    """The same each day, so that tomorrow's plan takes the place of today's."""
    return f"{OWN}{step.at.replace(':', '')}"


def _actions(scaling: Any, planned: Provisioned) -> list[dict[str, Any]]:  # noqa: ANN401
    """Ours, as they are in force."""
    pages = scaling.get_paginator("describe_scheduled_actions").paginate(**_of(planned))
    found = [action for page in pages for action in page["ScheduledActions"]]
    return [action for action in found if str(action["ScheduledActionName"]).startswith(OWN)]


def _at(action: dict[str, Any]) -> str:
    digits = str(action["ScheduledActionName"]).removeprefix(OWN)
    return f"{digits[:2]}:{digits[2:]}"


def _capacity(action: dict[str, Any]) -> int:
    return int(action.get("ScalableTargetAction", {}).get("MinCapacity", 0))


def _delete(scaling: Any, of: dict[str, str], actions: Sequence[dict[str, Any]]) -> None:  # noqa: ANN401
    for action in actions:
        scaling.delete_scheduled_action(**of, ScheduledActionName=action["ScheduledActionName"])
