"""What of a stage may be planned: functions whose environments wait, and queues that have pollers of their own.

The stage publishes them (`cdk/service/capacity.py`), with the bounds that it was configured with.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from botocore.exceptions import ClientError

from chat.capacity import LEAST_POLLERS, MOST_LEAST_POLLERS
from operations.errors import UsageError
from operations.facts.quotas import quota
from operations.stage import Stage

UNRESERVED = 100
"""Of an account's concurrency Lambda keeps so much for functions without a part of their own."""


class Range(msgspec.Struct, frozen=True):
    """From the least to the most that there may be."""

    least: int
    most: int


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One function, and the queue that it works off, where that has pollers of its own."""

    name: str
    """GROUP.MODULE."""
    function: str
    memory_mb: int
    alias: str = "live"
    provisioned: Range | None = None
    """None: the stage keeps no environments of it, and whoever plans some answers for them."""
    queue: str | None = None
    pollers: Range | None = None


def find(stage: Stage, name: str) -> Place:
    """The place of that name, GROUP.MODULE or as AWS calls it. Raises `UsageError` where the stage tells of none."""
    places = published(stage)
    for place in places:
        if name in {place.name, place.function}:
            return place
    known = ", ".join(place.name for place in places)
    raise UsageError(f"Stage {stage.name} plans nothing for {name}; it does for: {known}.")


def published(stage: Stage) -> Sequence[Place]:
    """All places of the stage: one call."""
    name = f"/chat/{stage.name}/capacity"
    try:
        value = stage.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        raise UsageError(
            f"Stage {stage.name} keeps no capacity: there is no parameter {name}. `capacity=on` deploys it."
        ) from error
    return msgspec.json.decode(value, type=list[Place])


def most_at_once(stage: Stage | None) -> int:
    """How many functions the account may run at once that no function has to itself: a call, else AWS' default."""
    if stage is None:
        return int(quota("concurrency").value)
    limit = stage.client("lambda").get_account_settings()["AccountLimit"]
    return int(limit["UnreservedConcurrentExecutions"])


def require_pollers(queue: str, most: int, bounds: Range | None) -> None:
    """Raises `UsageError` for more than the stage lets the queue have, or Lambda."""
    allowed = min(MOST_LEAST_POLLERS, bounds.most if bounds else MOST_LEAST_POLLERS)
    if not LEAST_POLLERS <= most <= allowed:
        raise UsageError(
            f"{most} pollers of {queue} are planned; {LEAST_POLLERS} to {allowed} can be had. Lambda takes "
            f"{MOST_LEAST_POLLERS} as the least, the stage what `capacity` in cdk/config/stages.py says."
        )
