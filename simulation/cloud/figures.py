"""Quotas and latencies that the models work with, in one place, each with where it comes from.

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


@dataclass(frozen=True, kw_only=True)
class Figures:
    """An account and Region with default quotas. Runs that ask for raised ones say so."""

    # API Gateway
    request_rate: float = field(default=10_000, metadata=_from("AWS L-8A5B8E43: a second, of frames, posts and HTTP"))
    request_burst: float = field(default=5_000, metadata=_from("AWS L-CDF5615A"))
    connect_rate: float = field(default=500, metadata=_from("AWS L-9ED1E49A: new connections a second"))
    connect_burst: float = field(default=500, metadata=_from("AWS L-E1465507"))
    idle_ms: int = field(default=600_000, metadata=_from("AWS L-60AC41CD: then 1001"))
    lifetime_ms: int = field(default=7_200_000, metadata=_from("AWS L-A6CCE716: then 1001, however busy"))
    message_bytes: int = field(default=128 * 1024, metadata=_from("AWS L-FD0EB744: 1009, or 413 on @connections"))
    integration_ms: int = field(default=29_000, metadata=_from("AWS: the longest wait for a function"))
    network: Latency = field(default=Latency(20, 80), metadata=_from("A: from a client to the Region, one way"))
    gateway: Latency = field(default=Latency(4, 15), metadata=_from("A: what API Gateway adds to an invocation"))
    post: Latency = field(default=Latency(10, 50), metadata=_from("A: one PostToConnection"))
    post_connections: int = field(default=64, metadata=_from("chat.aws.transfers: at once"))

    # Lambda
    concurrency: int = field(default=1_000, metadata=_from("AWS L-B99A9384: at once, in an account"))
    environments_per_10_s: int = field(default=1_000, metadata=_from("AWS: by which each function grows"))
    cold_start: Latency = field(default=Latency(180, 450), metadata=_from("2, M: Python's 80, imports' 65 to 300"))
    own_work: Latency = field(default=Latency(3, 12), metadata=_from("A: what a handler computes beside its calls"))
    idle_environment_ms: int = field(default=420_000, metadata=_from("2: unused, five to seven minutes"))

    # DynamoDB
    item: Latency = field(default=Latency(4, 12), metadata=_from("A: a read or a write of items"))
    transaction: Latency = field(default=Latency(8, 25), metadata=_from("A: two phases of what an item takes"))
    stale_reads: float = field(default=0.01, metadata=_from("A: share of eventually consistent reads that lag behind"))
    stale_ms: int = field(
        default=1_000,
        metadata=_from("AWS: usually less; the most here"),
    )
    partition_write_units: int = field(default=1_000, metadata=_from("AWS: of one partition, each second"))
    partition_read_units: int = field(default=3_000, metadata=_from("AWS: of one partition, each second"))
    table_write_units: int = field(default=4_000, metadata=_from("AWS: a new on-demand table, a second"))
    table_read_units: int = field(default=12_000, metadata=_from("AWS: as above"))
    stream: Latency = field(default=Latency(213, 552), metadata=_from("2: DynamoDB Streams to Lambda"))
    stream_shards: int = field(default=4, metadata=_from("AWS: a shard a partition; a new on-demand table has four"))
    stream_batch: int = field(default=100, metadata=_from("cdk.constructs.room_events"))

    # SQS and SNS
    enqueue: Latency = field(default=Latency(8, 30), metadata=_from("A: SendMessageBatch, PublishBatch"))
    queue: Latency = field(default=Latency(16, 105), metadata=_from("2: SQS standard to Lambda"))
    topic: Latency = field(default=Latency(30, 120), metadata=_from("2: to SQS; 73/225 to Lambda"))
    pollers: int = field(default=5, metadata=_from("AWS: concurrent batches of a queue at first"))
    pollers_per_min: int = field(default=300, metadata=_from("AWS: by which they grow"))
    pollers_most: int = field(default=1_250, metadata=_from("AWS: and their end"))

    # Valkey
    tier: Latency = field(default=Latency(0.6, 3), metadata=_from("A: a round trip inside the VPC"))
    tier_timeout_ms: int = field(default=20, metadata=_from("chat.aws.valkey: how long a function waits for it"))


DEFAULTS = Figures()


def sources() -> Mapping[str, tuple[object, str]]:
    """Each figure's value and source, by its name."""
    return {figure.name: (getattr(DEFAULTS, figure.name), figure.metadata["source"]) for figure in fields(Figures)}
