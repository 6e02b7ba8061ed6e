"""What CloudWatch has of a flag's variants, and the rule that they ran under."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from chat.aws.dynamodb import from_attributes, to_attributes
from chat.aws.metric_lines import NAMESPACE
from chat.flags import Rule
from chat.signals import Distribution
from chat.storage import keys
from operations.stage import Stage
from operations.variants.comparison import Minute

PERIOD_S = 60
"""As fine as these metrics are kept, for 15 days."""


@dataclass(frozen=True)
class Standing:
    """A flag's rule as it stands, and since when. `version` 0: there was never one."""

    version: int
    rule: Rule
    changed_at_s: float

    @property
    def since_s(self) -> float:
        """From when on everybody had what the rule gives them, but for seconds."""
        return max(self.changed_at_s, (self.rule.starts_at_ms or 0) / 1_000)


def standing(stage: Stage, flag: str) -> Standing:
    """One consistent read. Raises `UsageError` where there is no such stage."""
    pk, sk = keys.flag(flag)
    found = stage.client("dynamodb").get_item(
        TableName=stage.rooms_table(), Key=to_attributes({"pk": pk, "sk": sk}), ConsistentRead=True
    )
    item = from_attributes(found.get("Item") or {})
    if not item:
        return Standing(0, Rule(), 0)
    return Standing(item["version"], msgspec.convert(item["rule"], Rule), item["changed_at_ms"] / 1_000)


def minutes(
    stage: Stage, metric: Distribution, variants: Sequence[str], since_s: float, until_s: float
) -> dict[str, dict[int, Minute]]:
    """By variant, as metrics call it, its whole minutes in that time, by when they began (seconds since 1970)."""
    first_s, last_s = -(-int(since_s) // PERIOD_S) * PERIOD_S, int(until_s) // PERIOD_S * PERIOD_S
    if first_s >= last_s:
        return {variant: {} for variant in variants}
    watch = stage.client("cloudwatch")
    pages = watch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=list(_queries(stage.name, metric, variants)),
        StartTime=datetime.fromtimestamp(first_s, UTC),
        EndTime=datetime.fromtimestamp(last_s, UTC),
        ScanBy="TimestampAscending",
    )
    points: dict[str, dict[int, float]] = {}
    for page in pages:
        for result in page["MetricDataResults"]:
            at_s = (int(moment.timestamp()) for moment in result["Timestamps"])
            points.setdefault(result["Id"], {}).update(zip(at_s, result["Values"], strict=True))
    return {variant: _together(points, number) for number, variant in enumerate(variants)}


def _queries(stage: str, metric: Distribution, variants: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    for number, variant in enumerate(variants):
        dimensions = [{"Name": "stage", "Value": stage}, {"Name": metric.dimension, "Value": variant}]
        of = {"Namespace": NAMESPACE, "MetricName": metric.name, "Dimensions": dimensions}
        for name, statistic in (("average", "Average"), ("values", "SampleCount")):
            yield {"Id": f"{name}{number}", "MetricStat": {"Metric": of, "Period": PERIOD_S, "Stat": statistic}}


def _together(points: Mapping[str, Mapping[int, float]], number: int) -> dict[int, Minute]:
    averages, values = points.get(f"average{number}", {}), points.get(f"values{number}", {})
    return {at: Minute(averages[at], int(values[at])) for at in averages.keys() & values.keys()}
