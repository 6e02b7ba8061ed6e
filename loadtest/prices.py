"""What a run on AWS costs, as far as clients can know: the price table, and an estimate from what they counted.

On-demand prices of us-east-1, 2026-11, from AWS's price list. Frames and connection minutes are counted; what functions
and tables need for them is not seen from outside, and reckoned by the budgets that the project's tests count.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Price:
    """In US dollars for a million units."""

    usd_a_million: float
    unit: str
    source: str


WEBSOCKET_MESSAGE = Price(1.00, "message of up to 32 KB, in or out", "aws.amazon.com/api-gateway/pricing")
CONNECTION_MINUTE = Price(0.25, "connection minute", "aws.amazon.com/api-gateway/pricing")
LAMBDA_REQUEST = Price(0.20, "invocation", "aws.amazon.com/lambda/pricing")
LAMBDA_GB_SECOND = Price(13.33, "GB-second, arm64", "aws.amazon.com/lambda/pricing")
WRITE_UNIT = Price(0.625, "write unit, on demand", "aws.amazon.com/dynamodb/pricing/on-demand")
READ_UNIT = Price(0.125, "read unit, on demand", "aws.amazon.com/dynamodb/pricing/on-demand")

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
        return self.units * self.price.usd_a_million / 1_000_000


def estimate(usage: Usage) -> list[Line]:
    """The bill of a run, without the free tier, transfer, logs and what runs all the time."""
    invocations = usage.frames_to_stage + usage.http_requests + INVOCATIONS_A_SOCKET * usage.sockets_opened
    reads = LEAST_READS * usage.stored + READS_A_POST * usage.delivered
    return [
        Line("Frames to and from clients", usage.frames_to_stage + usage.messages_to_clients, WEBSOCKET_MESSAGE, True),
        Line("Open sockets", usage.connection_minutes, CONNECTION_MINUTE, True),
        Line("Functions, invocations", invocations, LAMBDA_REQUEST, False),
        Line("Functions, time", invocations * INVOCATION_S * MEMORY_GB, LAMBDA_GB_SECOND, False),
        Line("DynamoDB, writes", UNITS_A_MESSAGE * usage.stored, WRITE_UNIT, False),
        Line("DynamoDB, reads", reads, READ_UNIT, False),
    ]


def total_usd(lines: list[Line]) -> float:
    """Of the whole bill."""
    return sum(line.usd for line in lines)
