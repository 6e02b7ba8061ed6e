"""A metric as dashboards, alarms and objectives use it: which one, whose, and which statistic of it.

Dimensions name places of the stage (`{table.rooms}`), because what AWS calls these is known only when they are made.
"""

from __future__ import annotations

from dataclasses import dataclass

from chat.aws.metric_lines import NAMESPACE
from chat.signals import Count, Distribution

Dimensions = tuple[tuple[str, str], ...]

OWN = (("stage", "{stage}"),)
"""Dimensions of every metric of ours; those of the cache have no others."""

CACHE_NAMESPACE = "Chat/Cache"


@dataclass(frozen=True, kw_only=True)
class Series:
    """One metric over time. `label` is what a graph calls it."""

    namespace: str
    name: str
    statistic: str
    dimensions: Dimensions
    label: str = ""

    def __str__(self) -> str:
        among = ", ".join(f"{name}={value}" for name, value in self.dimensions)
        return f"{self.statistic} of {self.namespace}/{self.name}" + (f" ({among})" if among else "")


@dataclass(frozen=True, kw_only=True)
class Expression:
    """CloudWatch metric math over several series, each by the name that the formula has for it."""

    formula: str
    inputs: tuple[tuple[str, Series], ...]
    label: str = ""

    def __str__(self) -> str:
        return self.formula + " where " + ", ".join(f"{name} is {series}" for name, series in self.inputs)


Measure = Series | Expression


def own(metric: Count | Distribution, statistic: str = "Sum", *, of: str = "", label: str = "") -> Series:
    """A metric of `chat.signals`; `of` is one value of its own dimension, "" all of them together."""
    dimensions = (*OWN, (metric.dimension, of)) if of else OWN
    return Series(
        namespace=NAMESPACE,
        name=metric.name,
        statistic=statistic,
        dimensions=dimensions,
        label=label or of or f"{metric.name} {statistic}",
    )


def of_cache(name: str) -> Series:
    """A count of `chat.caching.counts`."""
    return Series(namespace=CACHE_NAMESPACE, name=name, statistic="Sum", dimensions=OWN, label=name)


def of_queue(queue: str, name: str, statistic: str = "Maximum") -> Series:
    """A metric of SQS of one of the stage's queues."""
    return _aws("AWS/SQS", name, statistic, ("QueueName", f"queue.{queue}"), queue)


def of_table(table: str, name: str, statistic: str = "Sum") -> Series:
    """A metric of DynamoDB of one of the stage's tables."""
    return _aws("AWS/DynamoDB", name, statistic, ("TableName", f"table.{table}"), f"{table} {name}")


def of_function(function: str, name: str, statistic: str = "Sum") -> Series:
    """A metric of Lambda of one of the stage's functions, named GROUP.MODULE."""
    return _aws("AWS/Lambda", name, statistic, ("FunctionName", f"function.{function}"), function)


def of_account(namespace: str, name: str, statistic: str) -> Series:
    """A metric that the whole account has in common in this Region."""
    return Series(namespace=namespace, name=name, statistic=statistic, dimensions=(), label=name)


def of_websocket(name: str, statistic: str = "Sum") -> Series:
    """A metric of API Gateway of the stage's WebSocket API."""
    return _aws("AWS/ApiGateway", name, statistic, ("ApiId", "api.websocket"), name)


def of_http(name: str, statistic: str = "Sum") -> Series:
    """A metric of API Gateway of the stage's HTTP API."""
    return _aws("AWS/ApiGateway", name, statistic, ("ApiId", "api.http"), name)


def of_media(name: str) -> Series:
    """A metric of Step Functions of the state machine that makes messages of uploads."""
    return _aws("AWS/States", name, "Sum", ("StateMachineArn", "machine.media"), name)


def of_backups() -> tuple[Series, ...]:
    """All that AWS Backup counts of jobs that came to nothing: the vault's own, and restores of tables to anywhere."""
    of_vault = ("NumberOfBackupJobsFailed", "NumberOfBackupJobsExpired", "NumberOfCopyJobsFailed")
    restores = Series(
        namespace="AWS/Backup",
        name="NumberOfRestoreJobsFailed",
        statistic="Sum",
        dimensions=(("ResourceType", "DynamoDB"),),
        label="NumberOfRestoreJobsFailed",
    )
    return (*(_aws("AWS/Backup", name, "Sum", ("BackupVaultName", "vault"), name) for name in of_vault), restores)


def _aws(namespace: str, name: str, statistic: str, dimension: tuple[str, str], label: str) -> Series:
    return Series(
        namespace=namespace,
        name=name,
        statistic=statistic,
        dimensions=((dimension[0], "{" + dimension[1] + "}"),),
        label=label,
    )


def inputs_of(measure: Measure) -> tuple[Series, ...]:
    """All metrics that it is made of."""
    return tuple(series for _, series in measure.inputs) if isinstance(measure, Expression) else (measure,)


def share(part: Series, whole: Series, *, at_least: int, label: str = "") -> Expression:
    """What share of `whole` is `part`; 0 where the whole is less than `at_least`, which says nothing of the rest."""
    formula = f"IF(FILL(whole, 0) >= {at_least}, FILL(part, 0) / whole, 0)"
    return Expression(formula=formula, inputs=(("part", part), ("whole", whole)), label=label)


def share_bad(bad: Series, good: Series, *, at_least: int, label: str = "") -> Expression:
    """What share of both together is `bad`; 0 where they are fewer than `at_least`."""
    both = "(FILL(bad, 0) + FILL(good, 0))"
    formula = f"IF({both} >= {at_least}, FILL(bad, 0) / {both}, 0)"
    return Expression(formula=formula, inputs=(("bad", bad), ("good", good)), label=label)


def total(*several: Series, label: str = "") -> Expression:
    """All of them added up, none where one has no data."""
    names = [f"m{at}" for at in range(1, len(several) + 1)]
    formula = " + ".join(f"FILL({name}, 0)" for name in names)
    return Expression(formula=formula, inputs=tuple(zip(names, several, strict=True)), label=label)


def largest(*several: Series, label: str = "") -> Expression:
    """The largest of them at each moment."""
    names = [f"m{at}" for at in range(1, len(several) + 1)]
    filled = ", ".join(f"FILL({name}, 0)" for name in names)
    return Expression(formula=f"MAX([{filled}])", inputs=tuple(zip(names, several, strict=True)), label=label)
