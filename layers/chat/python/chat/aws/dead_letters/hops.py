"""The asynchronous hops of a stage: where the dead letters of each are, and how they are redriven."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Hop(msgspec.Struct, frozen=True):
    """Where the dead letters of one asynchronous hop are, and how they are redriven.

    `queue`: they go back into the queue whose URL is `to`. `stream`: the function `to` gets the records that they name.
    `state-machine`: each starts an execution of the state machine `to`. `function`: each is what `to` is called with.
    """

    name: str
    queue: str
    redrive: Literal["queue", "stream", "state-machine", "function"]
    to: str


def published(ssm: Any, stage: str) -> list[Hop]:  # noqa: ANN401  # a boto3 client
    """All hops that the stage's stacks tell of, by name; none of a stage that is not deployed. A call for ten parts."""
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=place_of(stage))
    parts = [parameter["Value"] for page in pages for parameter in page["Parameters"]]
    found = [hop for part in parts for hop in msgspec.json.decode(part, type=list[Hop])]
    return sorted(found, key=lambda hop: hop.name)


def place_of(stage: str) -> str:
    """The path of the parameters that have them (`cdk.service.addresses`)."""
    return f"/chat/{stage}/dead-letters"
