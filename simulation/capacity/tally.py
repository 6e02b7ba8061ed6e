"""What a run has come to: counts, durations and what is billed, such that those of several cells add up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from simulation.capacity.durations import Durations

GATEWAY, LAMBDA, TABLES = "API Gateway", "Lambda", "DynamoDB"
"""Who throttles."""


@dataclass
class Second:
    """One second of the run. Durations are those of what was sent for the first time in it."""

    sent: int = 0
    acked: int = 0
    posts: int = 0
    acks: Durations = field(default_factory=Durations)
    deliveries: Durations = field(default_factory=Durations)
    throttled: Counter[str] = field(default_factory=Counter)
    running: Counter[str] = field(default_factory=Counter)
    """By function, the most that ran at once."""
    cold_starts: int = 0
    opened: int = 0
    """Sockets."""

    def merge(self, other: Second) -> None:
        """Adds another cell's. The most at once of several cells need not have been at the same moment."""
        self.sent += other.sent
        self.acked += other.acked
        self.posts += other.posts
        self.cold_starts += other.cold_starts
        self.opened += other.opened
        self.acks.merge(other.acks)
        self.deliveries.merge(other.deliveries)
        self.throttled.update(other.throttled)
        self.running.update(other.running)


@dataclass
class Conservation:
    """What became of messages. One is `expected` by each socket that follows the room, but its sender's."""

    offered: int = 0
    acked: int = 0
    unanswered: int = 0
    """Clients went on sending them when the run ended."""
    refused: int = 0
    """For good: the client knows."""
    not_stored: int = 0
    """Acknowledged, and lost. There must be none."""
    expected: int = 0
    delivered: int = 0
    missed: int = 0
    """Not delivered, but stored: the client sees the gap in the numbers, and reads it."""
    duplicates: int = 0
    asked_for: int = 0
    """Of those that were missed, what some clients asked for in the end."""
    recovered: int = 0
    """And were given."""

    def merge(self, other: Conservation) -> None:
        """Adds another cell's."""
        for name, number in vars(other).items():
            setattr(self, name, getattr(self, name) + number)


@dataclass
class Tally:
    """One cell's run, or several cells'."""

    cells: int = 1
    sockets: int = 0
    rooms: int = 0
    seconds: dict[int, Second] = field(default_factory=dict)
    conservation: Conservation = field(default_factory=Conservation)
    throttled: Counter[str] = field(default_factory=Counter)
    """By who and what."""
    errors: Counter[str] = field(default_factory=Counter)
    """What clients were told, by its code."""
    caches: Counter[str] = field(default_factory=Counter)
    used: Counter[str] = field(default_factory=Counter)
    """What is billed, by the key of its price (`operations.facts.prices`)."""
    units: Counter[str] = field(default_factory=Counter)
    """DynamoDB's, by table and `read` or `written`."""
    hottest: dict[str, tuple[float, str]] = field(default_factory=dict)
    """By table and direction, what one second took of one partition at most, and which."""
    cold_starts: Counter[str] = field(default_factory=Counter)
    invocations: Counter[str] = field(default_factory=Counter)
    most_running: Counter[str] = field(default_factory=Counter)
    cpu_s: float = 0.0
    """What the simulation itself took."""
    memory_mb: int = 0
    """Of the largest process."""
    happened: int = 0
    digest: int = 0
    """The same for the same run."""

    def merge(self, other: Tally) -> None:
        """Adds another cell's."""
        for name in ("cells", "sockets", "rooms", "cpu_s", "happened"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for number, second in other.seconds.items():
            self.seconds.setdefault(number, Second()).merge(second)
        self.conservation.merge(other.conservation)
        for name in ("throttled", "errors", "caches", "used", "units", "cold_starts", "invocations", "most_running"):
            getattr(self, name).update(getattr(other, name))
        for name, hottest in other.hottest.items():
            self.hottest[name] = max(hottest, self.hottest.get(name, (0.0, "")))
        self.memory_mb = max(self.memory_mb, other.memory_mb)
        self.digest ^= other.digest

    def between(self, first: int, last: int) -> Second:
        """Seconds from `first` to before `last`, as one."""
        together = Second()
        for number, second in self.seconds.items():
            if first <= number < last:
                together.merge(second)
        return together


def added(tallies: list[Tally]) -> Tally:
    """Those of several cells as one."""
    total = Tally(cells=0)
    for tally in tallies:
        total.merge(tally)
    return total
