"""AWS' quotas that this platform can meet: by their key here, with the code under which Service Quotas knows them.

Those without a code are limits of the service that nobody can ask about or raise.
"""

from __future__ import annotations

from dataclasses import dataclass

from operations.facts.sources import Source, look_up, published

_API = published("docs.aws.amazon.com/apigateway/latest/developerguide/limits.html")
_WEBSOCKET = published(
    "docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html"
)
_LAMBDA = published("docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html")
_SCALING = published("docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html")
_POLLERS = published("docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html")
_SQS = published("docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-quotas.html")
_SNS = published("docs.aws.amazon.com/general/latest/gr/sns.html")
_DYNAMODB = published("docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html")
_ON_DEMAND = published("docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html")
_STREAMS = published("docs.aws.amazon.com/lambda/latest/dg/with-ddb.html")
_STEPS = published("docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html")

LEAD_DAYS, SHORTER_LEAD_DAYS = 14, 7
"""How long raising a quota takes: two weeks for API Gateway's (third party), else assumed. No answer is promised."""


@dataclass(frozen=True)
class Quota:
    """One quota of an account in a Region, unless `title` says of what else."""

    service: str
    """As Service Quotas calls it."""
    key: str
    title: str
    value: float
    unit: str
    source: Source
    code: str | None = None
    lead_days: int | None = None
    """Days from asking for more to having it; None for what can't be raised."""

    @property
    def adjustable(self) -> bool:
        """Whether it can be raised."""
        return self.lead_days is not None


_ALL = (
    Quota(
        "apigateway",
        "api_requests",
        "API Gateway requests: HTTP, frames that come in, and posts to connections",
        10_000,
        "1/s",
        _API,
        "L-8A5B8E43",
        LEAD_DAYS,
    ),
    Quota("apigateway", "api_burst", "API Gateway burst of requests", 5_000, "requests", _API, "L-CDF5615A"),
    Quota(
        "apigateway", "new_connections", "WebSocket connections opened", 500, "1/s", _WEBSOCKET, "L-9ED1E49A", LEAD_DAYS
    ),
    Quota(
        "apigateway",
        "new_connections_burst",
        "burst of connections opened",
        500,
        "connections",
        _WEBSOCKET,
        "L-E1465507",
    ),
    Quota("apigateway", "idle", "WebSocket idle time", 600, "s", _WEBSOCKET, "L-60AC41CD"),
    Quota("apigateway", "lifetime", "WebSocket lifetime", 7_200, "s", _WEBSOCKET, "L-A6CCE716"),
    Quota("apigateway", "frame", "WebSocket frame", 32 * 1_024, "bytes", _WEBSOCKET, "L-E11F7D5D"),
    Quota("apigateway", "message", "WebSocket message", 128 * 1_024, "bytes", _WEBSOCKET, "L-FD0EB744"),
    Quota("apigateway", "integration", "time for an integration", 29, "s", _WEBSOCKET),
    Quota(
        "lambda",
        "concurrency",
        "Lambda functions running at once",
        1_000,
        "functions",
        _LAMBDA,
        "L-B99A9384",
        SHORTER_LEAD_DAYS,
    ),
    Quota("lambda", "scaling", "new environments of a function in 10 s", 1_000, "environments", _SCALING),
    Quota("lambda", "sync_payload", "payload of an invocation that is waited for", 6 * 1_024**2, "bytes", _LAMBDA),
    Quota("lambda", "async_payload", "payload of an invocation that is not waited for", 1_024**2, "bytes", _LAMBDA),
    Quota("lambda", "pollers_start", "functions that a queue starts with", 5, "functions", _POLLERS),
    Quota("lambda", "pollers_growth", "functions that a queue gets more of", 300, "1/min", _POLLERS),
    Quota("lambda", "pollers", "functions working off one queue", 1_250, "functions", _POLLERS),
    Quota("lambda", "provisioned_growth", "functions a provisioned poller gets more of", 1_000, "1/min", _POLLERS),
    Quota("lambda", "stream_batches", "batches of a stream's shard worked off at once", 10, "batches", _STREAMS),
    Quota("sqs", "fifo", "calls to a FIFO queue", 300, "1/s", _SQS),
    Quota("sqs", "fifo_high", "calls to a FIFO queue of high throughput", 70_000, "1/s", _SQS),
    Quota("sqs", "batch", "messages in a call", 10, "messages", _SQS),
    Quota("sqs", "in_flight", "messages of a queue under way", 120_000, "messages", _SQS),
    Quota("sns", "publishes", "SNS messages published (large Regions)", 30_000, "1/s", _SNS, None, SHORTER_LEAD_DAYS),
    Quota("sns", "fifo_group", "messages of an SNS FIFO group", 300, "1/s", _SNS),
    Quota("dynamodb", "partition_writes", "write units of a partition", 1_000, "units/s", _DYNAMODB),
    Quota("dynamodb", "partition_reads", "read units of a partition", 3_000, "units/s", _DYNAMODB),
    Quota(
        "dynamodb",
        "table_writes",
        "write units of a table",
        40_000,
        "units/s",
        _DYNAMODB,
        "L-AB614373",
        SHORTER_LEAD_DAYS,
    ),
    Quota(
        "dynamodb",
        "table_reads",
        "read units of a table",
        40_000,
        "units/s",
        _DYNAMODB,
        "L-CF0CBE56",
        SHORTER_LEAD_DAYS,
    ),
    Quota("dynamodb", "item", "item", 400 * 1_024, "bytes", _DYNAMODB),
    Quota("dynamodb", "transaction", "items of a transaction", 100, "items", _DYNAMODB),
    Quota("dynamodb", "new_table_writes", "write units of a new on-demand table", 4_000, "units/s", _ON_DEMAND),
    Quota("dynamodb", "new_table_reads", "read units of a new on-demand table", 12_000, "units/s", _ON_DEMAND),
    Quota("dynamodb", "doubling", "what an on-demand table takes to double", 30 * 60, "s", _ON_DEMAND),
    Quota("states", "history", "history of an execution", 25_000, "events", _STEPS),
    Quota("states", "state", "state of an execution", 256 * 1_024, "bytes", _STEPS),
)

QUOTAS = {quota.key: quota for quota in _ALL}


def quota(key: str) -> Quota:
    """Raises `FactError` for one that is not in the table."""
    return look_up(QUOTAS, key, "quota")
