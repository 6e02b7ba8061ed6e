"""What a month of a workload costs, line by line, each with its arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from operations.capacity.loads import Load
from operations.facts.prices import MILLION, Price

MONTH_S = 730 * 3_600
GB = 10**9
CENT = 0.01

LEFT_OUT = ("logs and traces", "stored data", "media and the page", "the cache", "free tiers and savings plans")
"""What no line is for: it depends on what is kept, and on settings, more than on how much is said."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """`count` units in a month, at the mean price of one."""

    part: str
    title: str
    count: float
    unit: str
    usd_per_unit: float
    usd: float
    per_million_messages: float

    @property
    def arithmetic(self) -> str:
        """As one would write it on paper: of what costs little by the million."""
        if self.usd_per_unit >= CENT:
            return f"{self.count:,.0f} {self.unit} x ${self.usd_per_unit:,.3f} = ${self.usd:,.2f}"
        return f"{self.count / MILLION:,.3f} M x ${self.usd_per_unit * MILLION:,.4f}/M = ${self.usd:,.2f}"


@dataclass(frozen=True)
class Bill:
    """A month's lines, for so many messages and deliveries in it."""

    lines: tuple[Line, ...]
    messages: float
    deliveries: float

    @property
    def usd(self) -> float:
        """A month's."""
        return sum(line.usd for line in self.lines)

    @property
    def per_million_messages(self) -> float | None:
        """None where nothing is said."""
        return self.usd / self.messages * MILLION if self.messages else None

    @property
    def per_million_deliveries(self) -> float | None:
        """None where nothing is delivered."""
        return self.usd / self.deliveries * MILLION if self.deliveries else None


def bill(
    loads: Sequence[Load], prices: dict[str, Price], *, connections: int, average: float, sent: float, delivered: float
) -> Bill:
    """`average` is what a month's mean second is of the given ones; `sent` and `delivered` are a second's."""
    month_s = MONTH_S * average
    messages = sent * month_s
    used = [(load.title, key, count * month_s) for load in loads for key, count in _used(load)]
    used.append(("open sockets", "connection_minutes", connections * MONTH_S * average / 60))
    totals: dict[str, float] = {}
    for _, key, count in used:
        totals[key] = totals.get(key, 0) + count
    lines = tuple(_line(part, prices[key], count, totals[key], messages) for part, key, count in used if count)
    return Bill(lines, messages, delivered * month_s)


def _used(load: Load) -> Iterator[tuple[str, float]]:
    """What is billed of a second, by the key of its price."""
    yield "frames", load.frames
    yield "egress_gb", load.egress_bytes / GB
    yield "lambda_requests", sum(run.per_s for run in load.runs)
    yield "lambda_gb_s", sum(run.gb_s for run in load.runs)
    yield "write_units", sum(load.written.values())
    yield "read_units", sum(load.read.values())
    yield "sqs", load.sqs_calls
    yield "sns", load.published


def _line(part: str, price: Price, count: float, total: float, messages: float) -> Line:
    """A tier is reached by all parts together, so each pays the mean price."""
    usd = count * price.average(total)
    return Line(
        part=part,
        title=price.title,
        count=count,
        unit=price.unit,
        usd_per_unit=price.average(total),
        usd=usd,
        per_million_messages=usd / messages * MILLION if messages else 0,
    )
