"""How long a hop takes, from its beginning until the next one's code runs; ms at the median and at the 99th percent."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from statistics import NormalDist

from operations.facts.sources import Source, look_up

_OTHERS = Source("third party", "published measurements of others, us-east-1, 2026")
_ASSUMED = Source("assumed", "to be replaced by a measurement in an account")


@dataclass(frozen=True, kw_only=True)
class Latency:
    """One kind of hop."""

    key: str
    title: str
    p50_ms: float
    p99_ms: float
    source: Source

    @property
    def mean_ms(self) -> float:
        """Of what is billed and what runs at once, the mean counts: a lognormal's lies above its median."""
        return self.p50_ms * exp(self._sigma**2 / 2)

    def slowest_ms(self, of: float) -> float:
        """What the slowest of so many takes that are waited for together: the quantile of which one is above."""
        return self.p50_ms * exp(self._sigma * _STANDARD.inv_cdf(of / (of + 1)))

    @property
    def _sigma(self) -> float:
        """Of a lognormal with this median and this 99th percentile."""
        return log(self.p99_ms / self.p50_ms) / _STANDARD.inv_cdf(0.99)


_STANDARD = NormalDist()

_ALL = (
    Latency(key="sqs", title="SQS standard to Lambda", p50_ms=16, p99_ms=105, source=_OTHERS),
    Latency(key="sqs_fifo", title="SQS FIFO to Lambda", p50_ms=28, p99_ms=645, source=_OTHERS),
    Latency(key="sns", title="SNS to Lambda", p50_ms=73, p99_ms=225, source=_OTHERS),
    Latency(key="sns_fifo_sqs", title="SNS FIFO by SQS to Lambda", p50_ms=40, p99_ms=497, source=_OTHERS),
    Latency(key="streams", title="DynamoDB Streams to Lambda", p50_ms=213, p99_ms=552, source=_OTHERS),
    Latency(key="eventbridge", title="EventBridge to Lambda", p50_ms=148, p99_ms=387, source=_OTHERS),
    Latency(key="cold_start", title="cold start, Python 3.13 on arm64, bare", p50_ms=77, p99_ms=85, source=_OTHERS),
    Latency(key="post", title="a post to a connection", p50_ms=10, p99_ms=50, source=_ASSUMED),
    Latency(key="dynamodb", title="a call to DynamoDB", p50_ms=4, p99_ms=12, source=_ASSUMED),
    Latency(key="transaction", title="a transaction of DynamoDB, in two phases", p50_ms=8, p99_ms=25, source=_ASSUMED),
    Latency(key="enqueue", title="SendMessageBatch, PublishBatch", p50_ms=8, p99_ms=30, source=_ASSUMED),
    Latency(key="handler", title="what a handler computes beside its calls", p50_ms=3, p99_ms=12, source=_ASSUMED),
)

LATENCIES = {latency.key: latency for latency in _ALL}


def latency(key: str) -> Latency:
    """Raises `FactError` for one that is not in the table."""
    return look_up(LATENCIES, key, "latency")
