"""What is counted and measured of the service: numbers kept in memory until somebody tells CloudWatch of them.

A number is taken with one line where something happens, costs no call and never fails. What each of them means, and
which dashboards, alarms and objectives are made of them, stands in `cdk/signals/`; how they leave a function instance,
in `chat.aws.metric_lines`. Knows neither AWS nor anybody who counts.

A metric may have one dimension of its own, whose values are few and known beforehand: each of them is a metric of
CloudWatch's bill. So rooms, users and connections are none.
"""

from __future__ import annotations

import random
from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass, field

MOST_SAMPLES = 100
"""Values of one distribution that are kept between two reports: what a line of CloudWatch's metric format takes."""

COUNT, MILLISECONDS, PERCENT = "Count", "Milliseconds", "Percent"

_chance = random.Random()  # noqa: S311 - statistics, of its own: what is measured must not change what happens


@dataclass
class Sample:
    """Values of which at most `MOST_SAMPLES` are kept, each of all that were seen as likely as any other."""

    values: list[float] = field(default_factory=list)
    seen: int = 0

    def add(self, value: float) -> None:
        """Keeps the value, or another one."""
        self.seen += 1
        if len(self.values) < MOST_SAMPLES:
            self.values.append(value)
        elif (at := _chance.randrange(self.seen)) < MOST_SAMPLES:
            self.values[at] = value


@dataclass(frozen=True)
class Reading:
    """What one metric came to for one value of its dimension, "" where it has none."""

    name: str
    unit: str
    dimension: str
    of: str
    values: Sequence[float]


_tallies: dict[Count, Tally[str]] = {}
_samples: dict[Distribution, dict[str, Sample]] = {}


@dataclass(frozen=True)
class Count:
    """How often something happened. `dimension` names what it is told apart by; "": nothing."""

    name: str
    dimension: str = ""
    unit = COUNT

    def __post_init__(self) -> None:
        _tallies[self] = Tally()

    def add(self, number: int = 1, of: str = "") -> None:
        """Counts. `of` is the value of the dimension."""
        if number:
            _tallies[self][of] += number


@dataclass(frozen=True)
class Distribution:
    """How large or long something was each time."""

    name: str
    unit: str
    dimension: str = ""

    def __post_init__(self) -> None:
        _samples[self] = {}

    def observe(self, value: float, of: str = "") -> None:
        """Takes one value."""
        _samples[self].setdefault(of, Sample()).add(value)


def take() -> list[Reading]:
    """All that there is since it was last taken, which then begins at nothing again."""
    counted = [
        Reading(metric.name, metric.unit, metric.dimension, of, [number])
        for metric, tally in _tallies.items()
        for of, number in tally.items()
    ]
    sampled = [
        Reading(metric.name, metric.unit, metric.dimension, of, sample.values)
        for metric, samples in _samples.items()
        for of, sample in samples.items()
    ]
    for tally in _tallies.values():
        tally.clear()
    for samples in _samples.values():
        samples.clear()
    return counted + sampled


def all_metrics() -> list[Count | Distribution]:
    """Every metric there is."""
    return [*_tallies, *_samples]


# The door.
CONNECTIONS_OPENED = Count("ConnectionsOpened")
CONNECTIONS_CLOSED = Count("ConnectionsClosed")
TICKETS_REFUSED = Count("TicketsRefused")
REQUESTS_REFUSED = Count("RequestsRefused", "code")

# Commands.
COMMANDS = Count("Commands")
COMMANDS_REFUSED = Count("CommandsRefused", "code")
COMMANDS_FAILED = Count("CommandsFailed")
COMMANDS_SLOW = Count("CommandsSlow")
COMMAND_LATENCY = Distribution("CommandLatency", MILLISECONDS)
HEARTBEATS = Count("Heartbeats")
MESSAGES_ACCEPTED = Count("MessagesAccepted")
ROOMS_CREATED = Count("RoomsCreated")

# Delivery.
DELIVERIES = Count("Deliveries", "path")
DELIVERIES_GONE = Count("DeliveriesGone")
DELIVERIES_FAILED = Count("DeliveriesFailed")
DELIVERIES_SLOW = Count("DeliveriesSlow")
DELIVERY_LATENCY = Distribution("DeliveryLatency", MILLISECONDS, "path")
FAN_OUT = Distribution("FanOut", COUNT)
MESSAGES_UNDELIVERED = Count("MessagesUndelivered")
POSTS_THROTTLED = Count("PostsThrottled")
REDELIVERIES = Count("Redeliveries")

# What is tried out: see `chat.exposures`.
EXPOSURES = Count("Exposures", "variant")
VARIANT_ACK_LATENCY = Distribution("VariantAckLatency", MILLISECONDS, "variant")
VARIANT_DELIVERY_LATENCY = Distribution("VariantDeliveryLatency", MILLISECONDS, "variant")

# What follows from a message.
EVENTS_PUBLISHED = Count("EventsPublished")
EVENTS_REFUSED = Count("EventsRefused")
LETTERS_DEAD = Count("LettersDead")
PUSHES = Count("Pushes", "outcome")
UPLOADS = Count("Uploads", "outcome")
WEBHOOK_DELIVERIES = Count("WebhookDeliveries", "outcome")

# What all of it stands on.
DATABASE_LATENCY = Distribution("DatabaseLatency", MILLISECONDS, "operation")
DATABASE_SLOW = Count("DatabaseSlow")
ERRORS = Count("Errors")

# A conversation that the stage holds with itself.
CANARY_RUNS = Count("CanaryRuns")
CANARY_FAILURES = Count("CanaryFailures")
CANARY_ACK_LATENCY = Distribution("CanaryAckLatency", MILLISECONDS)
CANARY_DELIVERY_LATENCY = Distribution("CanaryDeliveryLatency", MILLISECONDS)

# What pages saw, as far as they tell: see `chat.page_reports`.
PAGE_REPORTS = Count("PageReports")
PAGE_ACK_LATENCY = Distribution("PageAckLatency", MILLISECONDS)
PAGE_ACKS = Count("PageAcks")
PAGE_ACKS_SLOW = Count("PageAcksSlow")
PAGE_DELIVERY_LATENCY = Distribution("PageDeliveryLatency", MILLISECONDS)
PAGE_RECONNECTS = Count("PageReconnects")
PAGE_FALLBACK_SECONDS = Count("PageFallbackSeconds")
PAGE_BYTES = Count("PageBytes", "direction")
PAGE_VITALS = Distribution("PageVitals", MILLISECONDS, "vital")
PAGE_LAYOUT_SHIFT = Distribution("PageLayoutShift", COUNT)
PAGE_FAULTS = Count("PageFaults")

# What waits before it is needed.
CAPACITY_REVIEWS = Count("CapacityReviews")
CAPACITY_CHANGES = Count("CapacityChanges", "outcome")
CAPACITY_BOUND = Count("CapacityBound")
QUOTA_FORECAST = Distribution("QuotaForecast", PERCENT, "quota")

# What viewers are served, by CloudFront's own logs: see `chat.edge_log`.
EDGE_VIEWS = Count("EdgeViews", "part")
EDGE_BYTES = Count("EdgeBytes", "part")
EDGE_HITS = Count("EdgeHits", "part")
EDGE_FAILED = Count("EdgeFailed", "part")
EDGE_TYPES = Count("EdgeMediaViews", "type")
EDGE_FIRST_BYTE = Distribution("EdgeFirstByte", MILLISECONDS, "part")
EDGE_LOGS = Count("EdgeLogs", "outcome")
EDGE_PURGES = Count("EdgePurges", "outcome")
PURGE_BUDGET = Distribution("PurgeBudget", PERCENT)
MEDIA_ORPHANS = Count("MediaOrphans", "outcome")
