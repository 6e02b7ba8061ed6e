"""The stage's numbers out of CloudWatch: AWS' own by what the stacks consist of, and all that the stage tells itself.

A read asks for a few hundred series in one or two calls of GetMetricData, which costs $0.01 for each 1,000 series
(CloudWatch price list): so it is kept for `KEPT_MS`, in which CloudWatch has no new numbers anyway.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from chat.aws.inventory import Inventory, Resource
from chat.errors import UnavailableError
from chat.measures import Measures, Sample, metric_name
from chat.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricOutputTypeDef

KEPT_MS = 60_000
PERIOD_S = 60
BACK = timedelta(minutes=5)
"""Far enough to find the last whole minute: CloudWatch is up to some minutes late."""

MAX_SERIES = 500
"""Of one call (CloudWatch quota)."""

OWN = ("Chat", "Chat/Cache")
"""Namespaces of the stage's own numbers."""

AWS: dict[str, tuple[str, str, tuple[tuple[str, str], ...]]] = {
    "Lambda::Function": (
        "AWS/Lambda",
        "FunctionName",
        (("Invocations", "Sum"), ("Errors", "Sum"), ("Throttles", "Sum"), ("Duration", "p99")),
    ),
    "DynamoDB::GlobalTable": (
        "AWS/DynamoDB",
        "TableName",
        (("ConsumedReadCapacityUnits", "Sum"), ("ConsumedWriteCapacityUnits", "Sum")),
    ),
    "SQS::Queue": (
        "AWS/SQS",
        "QueueName",
        (("ApproximateNumberOfMessagesVisible", "Maximum"), ("ApproximateAgeOfOldestMessage", "Maximum")),
    ),
    "ApiGatewayV2::Api": (
        "AWS/ApiGateway",
        "ApiId",
        (("ConnectCount", "Sum"), ("MessageCount", "Sum"), ("Count", "Sum"), ("IntegrationLatency", "p99")),
    ),
}
"""Of each type of resource: namespace, the dimension that names it, and metrics with their statistic."""

Query = tuple[str, str, str, list[dict[str, str]], dict[str, str]]
"""Namespace, metric, statistic, dimensions, labels."""


class MetricsReader:
    """One function instance's view."""

    def __init__(self, client: CloudWatchClient, inventory: Inventory, stage: str, clock: Clock) -> None:
        self._client = client
        self._inventory = inventory
        self._stage = stage
        self._clock = clock
        self._kept = Measures(read_at_ms=-KEPT_MS, samples=[])

    def read(self) -> Measures:
        """The newest numbers, at most `KEPT_MS` old. Raises `UnavailableError`."""
        now_ms = self._clock.now_ms()
        if now_ms - self._kept.read_at_ms >= KEPT_MS:
            try:
                queries = [*aws_series(self._inventory.all()), *self._own_series()]
                self._kept = Measures(read_at_ms=now_ms, samples=list(self._samples(queries)))
            except (BotoCoreError, ClientError) as error:
                raise UnavailableError("The numbers can't be read right now.", retry_after_ms=1_000) from error
        return self._kept

    def _own_series(self) -> Iterator[Query]:
        for namespace in OWN:
            for page in self._client.get_paginator("list_metrics").paginate(Namespace=namespace):
                yield from (own_series(namespace, metric) for metric in page["Metrics"] if self._is_ours(metric))

    def _is_ours(self, metric: MetricOutputTypeDef) -> bool:
        return any(
            dimension["Name"].lower() == "stage" and dimension["Value"] == self._stage
            for dimension in metric.get("Dimensions", [])
        )

    def _samples(self, queries: Sequence[Query]) -> Iterator[Sample]:
        for at in range(0, len(queries), MAX_SERIES):
            yield from self._page(queries[at : at + MAX_SERIES])

    def _page(self, queries: Sequence[Query]) -> Iterator[Sample]:
        end = datetime.fromtimestamp(self._clock.now_ms() / 1_000, UTC).replace(second=0, microsecond=0)
        wanted: list[Any] = [_wanted(number, query) for number, query in enumerate(queries)]
        pages = self._client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=wanted, StartTime=end - BACK, EndTime=end, ScanBy="TimestampDescending"
        )
        for page in pages:
            for found in page["MetricDataResults"]:
                if found["Values"]:
                    namespace, metric, _, _, labels = queries[int(found["Id"][1:])]
                    yield Sample(
                        name=metric_name(namespace, metric),
                        labels=labels,
                        value=found["Values"][0],
                        at_ms=round(found["Timestamps"][0].timestamp() * 1_000),
                    )


def aws_series(resources: Sequence[Resource]) -> Iterator[Query]:
    """What AWS tells of these resources."""
    for resource in resources:
        namespace, dimension, metrics = AWS.get(resource.kind, ("", "", ()))
        for metric, statistic in metrics:
            labels = {"resource": resource.logical_id, "statistic": statistic}
            yield namespace, metric, statistic, [{"Name": dimension, "Value": resource.name}], labels


def own_series(namespace: str, metric: MetricOutputTypeDef) -> Query:
    """One of the stage's own: counts are summed, times are looked at from above."""
    name = metric["MetricName"]
    statistic = "p99" if name.lower().endswith(("ms", "latency", "duration")) else "Sum"
    dimensions = [{"Name": each["Name"], "Value": each["Value"]} for each in metric.get("Dimensions", [])]
    labels = {each["Name"].lower(): each["Value"] for each in dimensions} | {"statistic": statistic}
    return namespace, name, statistic, dimensions, labels


def _wanted(number: int, query: Query) -> dict[str, Any]:
    namespace, metric, statistic, dimensions, _ = query
    of = {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions}
    return {"Id": f"m{number}", "MetricStat": {"Metric": of, "Period": PERIOD_S, "Stat": statistic}}
