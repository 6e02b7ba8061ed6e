"""An account's own quotas, and what was used of them: Service Quotas and CloudWatch, read only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from botocore.exceptions import ClientError

from operations.errors import UsageError
from operations.facts.quotas import QUOTAS, Quota
from operations.stage import Stage

LOOKED_BACK = timedelta(days=1)
PERIOD_S = 60
"""A day of minutes is as much as one call of CloudWatch hands out."""

UNKNOWN = frozenset({"NoSuchResourceException"})
"""What Service Quotas says of a code that it does not have, or of which the account has no value of its own."""

TABLES = ("RoomsTableName", "MessagesTableName", "ConnectionsTableName")
"""Outputs of a stage's data stack."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """What CloudWatch counts of a quota's use. A `Sum` is of a minute: what a second of it had is compared."""

    quota: str
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()
    statistic: Literal["Sum", "Maximum"] = "Sum"


@dataclass(frozen=True)
class Account:
    """Where a stage is. `quotas` and `watch` are boto3's clients of Service Quotas and CloudWatch."""

    quotas: Any
    watch: Any
    metrics: tuple[Metric, ...]

    @classmethod
    def of(cls, stage: Stage) -> Account:
        """Finds the stage's API and tables. Raises `UsageError` for a stage that is not deployed."""
        return cls(stage.client("service-quotas"), stage.client("cloudwatch"), tuple(_metrics(stage)))

    def limits(self) -> dict[str, float]:
        """By their keys, the quotas that apply: a call each, and another one where the account has AWS' default."""
        known = {key: self._limit(quota) for key, quota in QUOTAS.items() if quota.code}
        return {key: value for key, value in known.items() if value is not None}

    def in_use(self) -> dict[str, float]:
        """By the quotas' keys, the busiest minute of `LOOKED_BACK`: a call a metric. Without what nobody counted."""
        most: dict[str, float] = {}
        for metric in self.metrics:
            used = self._most(metric)
            if used is not None:
                most[metric.quota] = max(used, most.get(metric.quota, 0.0))
        return most

    def _limit(self, quota: Quota) -> float | None:
        names = {"ServiceCode": quota.service, "QuotaCode": quota.code}
        for call in (self.quotas.get_service_quota, self.quotas.get_aws_default_service_quota):
            try:
                return float(call(**names)["Quota"]["Value"])
            except ClientError as error:
                if error.response["Error"]["Code"] not in UNKNOWN:
                    raise
        return None

    def _most(self, metric: Metric) -> float | None:
        until = datetime.now(UTC)
        found = self.watch.get_metric_statistics(
            Namespace=metric.namespace,
            MetricName=metric.name,
            Dimensions=[{"Name": name, "Value": value} for name, value in metric.dimensions],
            StartTime=until - LOOKED_BACK,
            EndTime=until,
            Period=PERIOD_S,
            Statistics=[metric.statistic],
        )
        values = [float(point[metric.statistic]) for point in found["Datapoints"]]
        return max(values) / (PERIOD_S if metric.statistic == "Sum" else 1) if values else None


def _metrics(stage: Stage) -> Iterator[Metric]:
    yield Metric(quota="concurrency", namespace="AWS/Lambda", name="ConcurrentExecutions", statistic="Maximum")
    for api in _apis(stage):
        of = (("ApiId", api),)
        yield Metric(quota="api_requests", namespace="AWS/ApiGateway", name="MessageCount", dimensions=of)
        yield Metric(quota="new_connections", namespace="AWS/ApiGateway", name="ConnectCount", dimensions=of)
    for table in _tables(stage):
        of = (("TableName", table),)
        yield Metric(quota="table_writes", namespace="AWS/DynamoDB", name="ConsumedWriteCapacityUnits", dimensions=of)
        yield Metric(quota="table_reads", namespace="AWS/DynamoDB", name="ConsumedReadCapacityUnits", dimensions=of)


def _apis(stage: Stage) -> list[str]:
    """Ids of the stage's WebSocket API."""
    pages = stage.client("apigatewayv2").get_paginator("get_apis").paginate()
    apis = [api for page in pages for api in page["Items"]]
    return [api["ApiId"] for api in apis if api["Name"] == f"chat-{stage.name}" and api["ProtocolType"] == "WEBSOCKET"]


def _tables(stage: Stage) -> list[str]:
    stack = f"chat-{stage.name}-data"
    try:
        found = stage.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise UsageError(
            f"There is no stage {stage.name} here: no stack {stack}. Look at AWS_PROFILE and AWS_REGION."
        ) from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    return [outputs[name] for name in TABLES]
