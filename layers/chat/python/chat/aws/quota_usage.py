"""What was used of an account's quotas day by day and lately, and what of each will be when more of it could be had.

Uses boto3, which is too heavy for the hot path. Which quotas, and what counts their use, is told by the setting
`quotas`: it is made of the operators' own table (`operations/facts/quotas.py`).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
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

LATELY_S = 3_600
"""Twelve values of five minutes: CloudWatch has the newest of them a few minutes late."""

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


@dataclass(frozen=True)
class Use:
    """Of one quota, the most of the last hour's five minutes. `limit` is the account's own, or AWS' default."""

    key: str
    used: float
    limit: float
    own_limit: bool


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
            limit = self._own_limit(quota) or quota.limit
            outlook = Outlook(quota.key, peaks[-1] / limit * 100, expected / limit * 100)
            signals.QUOTA_FORECAST.observe(round(outlook.ahead, 1), of=quota.key)
            logger.info("quota", extra={"quota": quota.key, "limit": limit, "now": outlook.now, "ahead": outlook.ahead})
            found.append(outlook)
        return found

    def lately(self) -> list[Use]:
        """What the last hour used of each quota, 0 where nothing was counted. Calls as `look_ahead`.

        An account whose quotas can't be asked for is taken to have AWS' defaults. Raises CloudWatch's botocore errors.
        """
        until = self._now()
        found = []
        for quota in self.quotas:
            values = [value for _, value in self._values(quota, until - timedelta(seconds=LATELY_S), until)]
            limit = self._known_limit(quota)
            used = round(max(values, default=0.0), 1)
            found.append(Use(quota.key, used, limit or quota.limit, own_limit=limit is not None))
        return found

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now_ms() / 1_000, UTC)

    def _peaks(self, quota: Quota) -> list[float]:
        """Each whole day's, the oldest first, from the first day on that anybody used it."""
        until = _day(self._now())
        by_day: defaultdict[datetime, float] = defaultdict(float)
        for moment, value in self._values(quota, until - timedelta(days=DAYS), until):
            by_day[_day(moment)] = max(by_day[_day(moment)], value)
        if not by_day:
            return []
        days = (until - min(by_day)).days
        return [by_day[until - timedelta(days=back)] for back in range(days, 0, -1)]

    def _values(self, quota: Quota, since: datetime, until: datetime) -> Iterator[tuple[datetime, float]]:
        """All metrics' values of five minutes each; a `Sum` as what a second of it had."""
        queries = [_query(number, metric) for number, metric in enumerate(quota.metrics)]
        pages = (
            self.client("cloudwatch")
            .get_paginator("get_metric_data")
            .paginate(MetricDataQueries=queries, StartTime=since, EndTime=until)
        )
        for result in (each for page in pages for each in page["MetricDataResults"]):
            seconds = PERIOD_S if quota.metrics[int(result["Id"][1:])].statistic == "Sum" else 1
            for moment, value in zip(result["Timestamps"], result["Values"], strict=True):
                yield moment.astimezone(UTC), value / seconds

    def _known_limit(self, quota: Quota) -> float | None:
        try:
            return self._own_limit(quota)
        except ClientError:
            logger.warning("quota not read", extra={"quota": quota.key}, exc_info=True)
            return None

    def _own_limit(self, quota: Quota) -> float | None:
        """The account's; None where AWS' default holds."""
        try:
            names = {"ServiceCode": quota.service, "QuotaCode": quota.code}
            return float(self.client("service-quotas").get_service_quota(**names)["Quota"]["Value"])
        except ClientError as error:
            if error.response["Error"]["Code"] not in UNKNOWN:
                raise
            return None


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


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
