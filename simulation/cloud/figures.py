"""Quotas and latencies that the models work with, each with where it comes from: `operations.facts`, or what it says.

Marks: *AWS* its documentation or Service Quotas, *2* measured by a third party and published, *M* measured by us, *A*
an assumption, to be replaced by a measurement on a real account.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from random import Random
from statistics import NormalDist
from typing import Any

from operations.facts.latencies import latency
from operations.facts.quotas import quota

_STEPS = 4_096
_Z99 = NormalDist().inv_cdf(0.99)


@dataclass(frozen=True)
class Latency:
    """How long something takes: lognormal, given by its median and its 99th percentile in ms."""

    p50_ms: float
    p99_ms: float

    def draw_us(self, chance: Random) -> int:
        """One duration, in microseconds."""
        return self._quantiles_us[chance.getrandbits(12)]

    @cached_property
    def _quantiles_us(self) -> list[int]:
        """Drawn from, at a tenth of the time that computing one takes; nothing beyond the quantile 0.9999."""
        sigma = math.log(self.p99_ms / self.p50_ms) / _Z99
        standard = NormalDist()
        return [
            round(1_000 * self.p50_ms * math.exp(sigma * standard.inv_cdf((step + 0.5) / _STEPS)))
            for step in range(_STEPS)
        ]


def _from(source: str) -> Mapping[str, str]:
    """Where a figure comes from, as its field keeps it."""
    return {"source": source}


def _quota(key: str, *, times: int = 1) -> Any:  # noqa: ANN401 - a field of its own type
    """A quota of `operations.facts`, in a unit that is so many times smaller."""
    known = quota(key)
    return field(default=int(known.value) * times, metadata=_from(f"AWS {known.code or known.source.place}"))


def _hop(key: str) -> Any:  # noqa: ANN401 - as above
    """A latency of `operations.facts`."""
    known = latency(key)
    return field(default=Latency(known.p50_ms, known.p99_ms), metadata=_from(f"{known.source.mark}: {known.title}"))


@dataclass(frozen=True, kw_only=True)
class Figures:
    """An account and Region with default quotas. Runs that ask for raised ones say so."""

    # API Gateway
    request_rate: float = _quota("api_requests")
    request_burst: float = _quota("api_burst")
    connect_rate: float = _quota("new_connections")
    connect_burst: float = _quota("new_connections_burst")
    idle_ms: int = _quota("idle", times=1_000)
    lifetime_ms: int = _quota("lifetime", times=1_000)
    message_bytes: int = _quota("message")
    integration_ms: int = _quota("integration", times=1_000)
    network: Latency = field(default=Latency(20, 80), metadata=_from("A: from a client to the Region, one way"))
    gateway: Latency = field(default=Latency(4, 15), metadata=_from("A: what API Gateway adds to an invocation"))
    post: Latency = _hop("post")  # noqa: RUF009 - a field
    post_connections: int = field(default=64, metadata=_from("chat.aws.transfers: at once"))

    # Lambda
    concurrency: int = _quota("concurrency")
    environments_per_10_s: int = _quota("scaling")
    cold_start: Latency = field(default=Latency(180, 450), metadata=_from("2, M: Python's 80, imports' 65 to 300"))
    own_work: Latency = _hop("handler")  # noqa: RUF009 - a field
    idle_environment_ms: int = field(default=420_000, metadata=_from("2: unused, five to seven minutes"))

    # DynamoDB
    item: Latency = _hop("dynamodb")  # noqa: RUF009 - a field
    transaction: Latency = _hop("transaction")  # noqa: RUF009 - a field
    stale_reads: float = field(default=0.01, metadata=_from("A: share of eventually consistent reads that lag behind"))
    stale_ms: int = field(
        default=1_000,
        metadata=_from("AWS: usually less; the most here"),
    )
    partition_write_units: int = _quota("partition_writes")
    partition_read_units: int = _quota("partition_reads")
    table_write_units: int = _quota("new_table_writes")
    table_read_units: int = _quota("new_table_reads")
    stream: Latency = _hop("streams")  # noqa: RUF009 - a field
    stream_shards: int = field(default=4, metadata=_from("AWS: a shard a partition; a new on-demand table has four"))
    stream_batch: int = field(default=100, metadata=_from("cdk.constructs.room_events"))

    replication: Latency = field(default=Latency(800, 2_000), metadata=_from("A: AWS says usually within a second"))

    # SQS and SNS
    enqueue: Latency = _hop("enqueue")  # noqa: RUF009 - a field
    queue: Latency = _hop("sqs")  # noqa: RUF009 - a field
    topic: Latency = field(default=Latency(30, 120), metadata=_from("2: to SQS; 73/225 to Lambda"))
    pollers: int = _quota("pollers_start")
    pollers_per_min: int = _quota("pollers_growth")
    pollers_most: int = _quota("pollers")

    # Valkey
    tier: Latency = field(default=Latency(0.6, 3), metadata=_from("A: a round trip inside the VPC"))
    tier_timeout_ms: int = field(default=20, metadata=_from("chat.aws.valkey: how long a function waits for it"))


DEFAULTS = Figures()


def sources() -> Mapping[str, tuple[object, str]]:
    """Each figure's value and source, by its name."""
    return {figure.name: (getattr(DEFAULTS, figure.name), figure.metadata["source"]) for figure in fields(Figures)}
