"""Plans of a day's least pollers, as Parameter Store keeps them: a forecast writes, the review reads them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec

DAY_MIN = 24 * 60


class Step(msgspec.Struct, frozen=True, array_like=True):
    """From this minute of the day (UTC) on, so many pollers at least."""

    from_min: Annotated[int, msgspec.Meta(ge=0, lt=DAY_MIN)]
    pollers: Annotated[int, msgspec.Meta(ge=0)]


Plan = dict[str, tuple[Step, ...]]
"""By the queue's name, a day's steps."""


class PlanError(ValueError):
    """What is kept as a plan is none."""


def read_plan(text: str) -> Plan:
    """The plan as Parameter Store keeps it, "" for none. Raises `PlanError`."""
    try:
        return msgspec.json.decode(text or "{}", type=Plan)
    except msgspec.MsgspecError as error:
        raise PlanError(f"the plan of pollers can't be read: {error}") from error


def write_plan(plan: Mapping[str, Sequence[Step]]) -> str:
    """As `read_plan` takes it."""
    return msgspec.json.encode(plan).decode()


def planned(steps: Sequence[Step], minute: int) -> int:
    """What the plan asks for at a minute of the day: the last step before it, of the day before in the early hours."""
    if not steps:
        return 0
    ordered = sorted(steps, key=lambda step: step.from_min)
    return next((step.pollers for step in reversed(ordered) if step.from_min <= minute), ordered[-1].pollers)
