"""What a stage keeps waiting before it is needed, and the bounds within which it may change that itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cdk.config.values import ConfigError
from chat.capacity import LEAST_POLLERS, MOST_LEAST_POLLERS

MOST_POLLERS = 10_000
"""Lambda's own bound (API reference, ProvisionedPollerConfig)."""

LEAST_UTILISATION, MOST_UTILISATION = 0.1, 0.9
"""What Application Auto Scaling tracks provisioned concurrency by."""

NEW_WRITES, NEW_READS = 4_000, 12_000
"""What DynamoDB gives every new on-demand table, for nothing (its developer guide, warm throughput)."""

PROVISIONED = frozenset({"message.command", "message.deliver"})
"""Functions that environments may be kept of: those that somebody waits for."""

POLLED = frozenset({"delivery", "notices"})
"""Queues that pollers may be kept of."""

WARMED = frozenset({"messages", "connections"})
"""Tables that may be warm for more than a new one."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """From the least to the most that there may be."""

    least: int
    most: int

    def __post_init__(self) -> None:
        if not 0 <= self.least <= self.most:
            raise ConfigError(f"capacity: {self.least} to {self.most} is no range.")


@dataclass(frozen=True, kw_only=True)
class Warm:
    """Units a second that a table takes at once: when it is made, and when the stage has raised it as far as it may."""

    writes: int = NEW_WRITES
    reads: int = NEW_READS
    most_writes: int = 4 * NEW_WRITES
    most_reads: int = 4 * NEW_READS

    def __post_init__(self) -> None:
        if not (NEW_WRITES <= self.writes <= self.most_writes and NEW_READS <= self.reads <= self.most_reads):
            raise ConfigError(
                f"capacity: a table is warm for {NEW_WRITES:,} writes and {NEW_READS:,} reads or more, and not for "
                "more than its own bounds."
            )

    @property
    def as_new(self) -> bool:
        """Whether it is warm for what every new table is."""
        return (self.writes, self.reads) == (NEW_WRITES, NEW_READS)


@dataclass(frozen=True, kw_only=True)
class CapacityConfig:
    """All of it. A table, queue or function that is not named is left to AWS' own scaling."""

    environments: Mapping[str, Range] = field(default_factory=dict)
    """Provisioned concurrency by function; within it target tracking follows what is used."""
    utilisation: float = 0.7
    """Of the environments, above which there are made more."""
    pollers: Mapping[str, Range] = field(default_factory=dict)
    """Least pollers by queue: what is deployed, and the most that an alarm or a plan may make of it."""
    tables: Mapping[str, Warm] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _known("environments", self.environments, PROVISIONED)
        _known("pollers", self.pollers, POLLED)
        _known("tables", self.tables, WARMED)
        if not LEAST_UTILISATION <= self.utilisation <= MOST_UTILISATION:
            raise ConfigError(f"capacity: utilisation is {LEAST_UTILISATION} to {MOST_UTILISATION}.")
        for queue, pollers in self.pollers.items():
            if pollers.least < LEAST_POLLERS or pollers.most > MOST_LEAST_POLLERS:
                raise ConfigError(f"capacity: {queue} has {LEAST_POLLERS} to {MOST_LEAST_POLLERS} pollers at least.")

    def warm(self, table: str) -> Warm:
        """A table's, as new where nothing is said of it."""
        return self.tables.get(table, Warm())


def _known(what: str, given: Mapping[str, object], names: frozenset[str]) -> None:
    if unknown := given.keys() - names:
        raise ConfigError(f"capacity: {what} are of {', '.join(sorted(names))}; not {', '.join(sorted(unknown))}.")


PRODUCTION = CapacityConfig(
    environments={"message.command": Range(least=2, most=100)},
    pollers={"delivery": Range(least=2, most=100), "notices": Range(least=2, most=20)},
    tables={"messages": Warm(), "connections": Warm()},
)
"""For some hundred messages a second without a cold start, and $45 a month: 2 GB that wait, and four pollers."""
