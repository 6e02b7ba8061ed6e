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
from typing import Any

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


def _figure(default: object, source: str) -> Any:  # noqa: ANN401 - what dataclasses.field returns is typed by its use
    return field(default=default, metadata={"source": source})


@dataclass(frozen=True, kw_only=True)
class Figures:
    """An account and Region with default quotas. Runs that ask for raised ones say so."""

    # API Gateway
    request_rate: float = _figure(10_000, "AWS L-8A5B8E43: frames, @connections and HTTP of an account, each second")
    request_burst: float = _figure(5_000, "AWS L-CDF5615A")
    connect_rate: float = _figure(500, "AWS L-9ED1E49A: new connections a second")
    connect_burst: float = _figure(500, "AWS L-E1465507")
    idle_ms: int = _figure(600_000, "AWS L-60AC41CD: then 1001")
    lifetime_ms: int = _figure(7_200_000, "AWS L-A6CCE716: then 1001, however busy")
    message_bytes: int = _figure(128 * 1024, "AWS L-FD0EB744: 1009, or 413 on @connections")
    integration_ms: int = _figure(29_000, "AWS: the longest that a frame or a request waits for its function")
    network: Latency = _figure(Latency(20, 80), "A: from a client to the Region, one way")
    gateway: Latency = _figure(Latency(4, 15), "A: what API Gateway adds to an invocation")
    post: Latency = _figure(Latency(10, 50), "A: one PostToConnection")
    post_connections: int = _figure(64, "chat.aws.transfers: sockets that a function posts over at once")

    # Lambda
    concurrency: int = _figure(1_000, "AWS L-B99A9384: executions at once in an account and Region")
    environments_per_10_s: int = _figure(1_000, "AWS: by which each function grows")
    cold_start: Latency = _figure(Latency(180, 450), "2 and M: 80 ms of Python 3.13 arm64, 65 ms to 300 ms of imports")
    own_work: Latency = _figure(Latency(3, 12), "A: what a handler computes beside its calls")
    idle_environment_ms: int = _figure(420_000, "2: an environment that nobody needs lives five to seven minutes")

    # DynamoDB
    item: Latency = _figure(Latency(4, 12), "A: a read or a write of items")
    transaction: Latency = _figure(Latency(8, 25), "A: two phases of what an item takes")
    stale_reads: float = _figure(0.01, "A: share of eventually consistent reads that lag behind")
    stale_ms: int = _figure(1_000, "AWS: copies are consistent usually within a second or less; the longest lag here")
    partition_write_units: int = _figure(1_000, "AWS: of one partition, each second")
    partition_read_units: int = _figure(3_000, "AWS: of one partition, each second")
    table_write_units: int = _figure(4_000, "AWS: a new on-demand table, each second; more where it is pre-warmed")
    table_read_units: int = _figure(12_000, "AWS: as above")
    stream: Latency = _figure(Latency(213, 552), "2: DynamoDB Streams to Lambda")
    stream_shards: int = _figure(4, "AWS: a shard a partition; a new on-demand table has four")
    stream_batch: int = _figure(100, "cdk.constructs.room_events")

    # SQS and SNS
    enqueue: Latency = _figure(Latency(8, 30), "A: SendMessageBatch, PublishBatch")
    queue: Latency = _figure(Latency(16, 105), "2: SQS standard to Lambda")
    topic: Latency = _figure(Latency(30, 120), "2: SNS to SQS; with the queue's hop 73/225 to Lambda")
    pollers: int = _figure(5, "AWS: concurrent batches of a queue at first")
    pollers_per_min: int = _figure(300, "AWS: by which they grow")
    pollers_most: int = _figure(1_250, "AWS: and their end")

    # Valkey
    tier: Latency = _figure(Latency(0.6, 3), "A: a round trip inside the VPC")
    tier_timeout_ms: int = _figure(20, "chat.aws.valkey: how long a function waits for it")


DEFAULTS = Figures()


def sources() -> Mapping[str, tuple[object, str]]:
    """Each figure's value and source, by its name."""
    return {figure.name: (getattr(DEFAULTS, figure.name), figure.metadata["source"]) for figure in fields(Figures)}
