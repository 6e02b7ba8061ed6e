"""What a run on AWS costs, as far as clients can know: an estimate from what they counted, at AWS's prices.

Frames and connection minutes are counted; what functions and tables need for them is not seen from outside, and
reckoned by the budgets that the project's tests count. What follows from a message (index, push, webhooks) is not in
it: `make plan` has that.
"""

from __future__ import annotations

from dataclasses import dataclass

from operations.facts.prices import Price, prices_of

REGION = "us-east-1"
"""Whose prices the estimate has."""

UNITS_A_MESSAGE = 5
"""Write units to number and store a message: `tests/unit/test_fanout_budgets.py`."""
READS_A_POST = 0.015
"""Read units to find a recipient: 1.5 for a hundred, `tests/unit/test_fanout_budgets.py`."""
LEAST_READS = 0.5
"""Read units of a message, however few its recipients are."""
INVOCATION_S = 0.015
"""Assumed: a command's two calls to DynamoDB, 4 ms each, and its posts."""
MEMORY_GB = 1.0
"""Assumed of every function."""
INVOCATIONS_A_SOCKET = 3
"""Authorizer, `$connect` and `$disconnect`."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What clients counted."""

    frames_to_stage: int
    messages_to_clients: int
    """Begun 32 KB each."""
    connection_minutes: float
    sockets_opened: int
    http_requests: int
    stored: int
    delivered: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the bill. `is_counted` False: reckoned from assumptions."""

    what: str
    units: float
    price: Price
    is_counted: bool

    @property
    def usd(self) -> float:
        """Of this run."""
        return self.units * self.price.usd


def estimate(usage: Usage) -> list[Line]:
    """The bill of a run, without the free tier, transfer, logs and what runs all the time."""
    price = prices_of(REGION)
    invocations = usage.frames_to_stage + usage.http_requests + INVOCATIONS_A_SOCKET * usage.sockets_opened
    reads = LEAST_READS * usage.stored + READS_A_POST * usage.delivered
    return [
        Line("Frames to and from clients", usage.frames_to_stage + usage.messages_to_clients, price["frames"], True),
        Line("Open sockets", usage.connection_minutes, price["connection_minutes"], True),
        Line("Functions, invocations", invocations, price["lambda_requests"], False),
        Line("Functions, time", invocations * INVOCATION_S * MEMORY_GB, price["lambda_gb_s"], False),
        Line("DynamoDB, writes", UNITS_A_MESSAGE * usage.stored, price["write_units"], False),
        Line("DynamoDB, reads", reads, price["read_units"], False),
    ]


def total_usd(lines: list[Line]) -> float:
    """Of the whole bill."""
    return sum(line.usd for line in lines)
