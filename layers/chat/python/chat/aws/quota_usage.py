"""What was used of an account's quotas day by day, and what of each will be when more of it could be had.

Uses boto3, which is too heavy for the hot path. Which quotas, and what counts their use, is told by the setting
`quotas`: it is made of the operators' own table (`operations/facts/quotas.py`).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
from botocore.exceptions import ClientError

from chat import quota_trend, signals
from chat.ports import Clock

DAYS = 42
"""Six weeks: CloudWatch keeps five-minute values for nine."""

PERIOD_S = 300

UNKNOWN = frozenset({"NoSuchResourceException"})
"""The account has no value of its own: AWS' default holds."""

logger = logging.getLogger(__name__)


class Metric(msgspec.Struct, frozen=True):
    """What counts a quota's use. A `Sum` is of `PERIOD_S`: what a second of it had is compared."""

    namespace: str
    name: str
    dimensions: dict[str, str]
    statistic: Literal["Sum", "Maximum"]


class Quota(msgspec.Struct, frozen=True):
    """One quota; the fullest of its metrics counts. `limit` is AWS' default."""

    key: str
    service: str
    code: str
    limit: float
    lead_days: int
    metrics: tuple[Metric, ...]


@dataclass(frozen=True)
class Outlook:
    """Of one quota, in percent of what the account may use: now, and when more of it could be had."""

    key: str
    now: float
    ahead: float


@dataclass(frozen=True, kw_only=True)
class Usage:
    """`client` makes boto3's client of a service."""

    quotas: Sequence[Quota]
    client: Callable[[str], Any]
    clock: Clock

    def look_ahead(self) -> list[Outlook]:
        """Tells `QUOTA_FORECAST` of each quota that anything was used of. Two calls a quota, and one a page of values.

        Raises botocore's errors: it is told again at the next time.
        """
        found = []
        for quota in self.quotas:
            peaks = self._peaks(quota)
            expected = quota_trend.ahead(peaks, quota.lead_days)
            if expected is None:
                continue
            limit = self._limit(quota)
            outlook = Outlook(quota.key, peaks[-1] / limit * 100, expected / limit * 100)
            signals.QUOTA_FORECAST.observe(round(outlook.ahead, 1), of=quota.key)
            logger.info("quota", extra={"quota": quota.key, "limit": limit, "now": outlook.now, "ahead": outlook.ahead})
            found.append(outlook)
        return found

    def _peaks(self, quota: Quota) -> list[float]:
        """Each whole day's, the oldest first, from the first day on that anybody used it."""
        until = datetime.fromtimestamp(self.clock.now_ms() / 1_000, UTC).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        queries = [_query(number, metric) for number, metric in enumerate(quota.metrics)]
        pages = (
            self.client("cloudwatch")
            .get_paginator("get_metric_data")
            .paginate(MetricDataQueries=queries, StartTime=until - timedelta(days=DAYS), EndTime=until)
        )
        by_day: defaultdict[datetime, float] = defaultdict(float)
        for result in (each for page in pages for each in page["MetricDataResults"]):
            seconds = PERIOD_S if quota.metrics[int(result["Id"][1:])].statistic == "Sum" else 1
            for moment, value in zip(result["Timestamps"], result["Values"], strict=True):
                day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
                by_day[day] = max(by_day[day], value / seconds)
        if not by_day:
            return []
        days = (until - min(by_day)).days
        return [by_day[until - timedelta(days=back)] for back in range(days, 0, -1)]

    def _limit(self, quota: Quota) -> float:
        try:
            names = {"ServiceCode": quota.service, "QuotaCode": quota.code}
            return float(self.client("service-quotas").get_service_quota(**names)["Quota"]["Value"])
        except ClientError as error:
            if error.response["Error"]["Code"] not in UNKNOWN:
                raise
            return quota.limit


def _query(number: int, metric: Metric) -> dict[str, Any]:
    return {
        "Id": f"m{number}",
        "MetricStat": {
            "Metric": {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions.items()],
            },
            "Period": PERIOD_S,
            "Stat": metric.statistic,
        },
    }
