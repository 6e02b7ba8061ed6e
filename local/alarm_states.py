"""In which state a CloudWatch alarm is, by its definition and the values of its metrics. Pure: callers read and store.

A definition is what PutMetricAlarm and CloudFormation take: one metric, metric math, or a band around what is usual.
The band of AWS knows hours and weekdays; here it is the mean of what came before, and so many standard deviations.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from local.metric_math import Formula, Values

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

LEARNED_PERIODS = 200
"""How far back a band looks for what is usual."""

LEAST_LEARNED = 3
"""Periods with data below which nothing is usual."""


@dataclass(frozen=True)
class Wanted:
    """One metric, and which of its statistics in periods of `period_s`."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str
    period_s: int


Read = Callable[[Wanted, Sequence[int]], Values]
"""The values of a metric in the periods that begin at these seconds."""


@dataclass(frozen=True)
class Judgement:
    """A state, and the values that it was found by, oldest first; None where there was none."""

    state: State
    points: Sequence[float | None]


def judge(alarm: Mapping[str, Any], read: Read, now_s: int) -> Judgement:
    """The alarm's state by its last periods, of which the newest one ends now."""
    looked_at = int(alarm.get("EvaluationPeriods", 1))
    period_s = _period_s(alarm)
    timeline = [now_s - period_s * (looked_at - at) for at in range(looked_at)]
    series, breached = _series_and_bound(alarm, read, timeline, period_s)
    points = [series.get(at) for at in timeline]
    wrong = [breached(point) if point is not None else _missing(alarm) for point in points]
    if all(each is None for each in wrong):
        return Judgement("INSUFFICIENT_DATA", points)
    needed = int(alarm.get("DatapointsToAlarm") or looked_at)
    return Judgement("ALARM" if sum(each is True for each in wrong) >= needed else "OK", points)


def _missing(alarm: Mapping[str, Any]) -> bool | None:
    """What a period without data counts as; None where it counts as nothing."""
    treatment = alarm.get("TreatMissingData") or "missing"
    return {"breaching": True, "notBreaching": False}.get(treatment)


def _period_s(alarm: Mapping[str, Any]) -> int:
    stated = [each["MetricStat"]["Period"] for each in alarm.get("Metrics") or [] if "MetricStat" in each]
    return int(stated[0] if stated else alarm.get("Period", 60))


def _series_and_bound(
    alarm: Mapping[str, Any], read: Read, timeline: Sequence[int], period_s: int
) -> tuple[Values, Callable[[float], bool]]:
    """What is compared, and whether a value of it is wrong."""
    comparison = str(alarm["ComparisonOperator"])
    if not alarm.get("Metrics"):
        return read(_wanted(alarm, period_s), timeline), _compare(comparison, float(alarm["Threshold"]))
    metrics = {each["Id"]: each for each in alarm["Metrics"]}
    if band := alarm.get("ThresholdMetricId"):
        return _around_the_usual(metrics, str(band), comparison, read, timeline)
    returned = next(each for each in metrics.values() if each.get("ReturnData", True) is not False)
    return _value(returned, metrics, read, timeline), _compare(comparison, float(alarm["Threshold"]))


def _value(query: Mapping[str, Any], metrics: Mapping[str, Any], read: Read, timeline: Sequence[int]) -> Values:
    if "MetricStat" in query:
        return read(_of_query(query["MetricStat"]), timeline)
    inputs = {name: _value(each, metrics, read, timeline) for name, each in metrics.items() if "MetricStat" in each}
    return Formula(inputs, timeline).evaluate(str(query["Expression"]))


def _around_the_usual(
    metrics: Mapping[str, Any], band: str, comparison: str, read: Read, timeline: Sequence[int]
) -> tuple[Values, Callable[[float], bool]]:
    found = re.fullmatch(r"ANOMALY_DETECTION_BAND\((\w+), ?([\d.]+)\)", metrics[band]["Expression"])
    if not found:
        raise ValueError(f"no band: {metrics[band]['Expression']}")
    query, deviations = metrics[found[1]], float(found[2])
    step_s = int(query["MetricStat"]["Period"])
    before = [timeline[0] - step_s * at for at in range(LEARNED_PERIODS, 0, -1)]
    usual = list(_value(query, metrics, read, before).values())
    if len(usual) < LEAST_LEARNED:
        return {}, lambda _: False
    mean, spread = statistics.fmean(usual), deviations * statistics.pstdev(usual)
    above = comparison in {"GreaterThanUpperThreshold", "LessThanLowerOrGreaterThanUpperThreshold"}
    below = comparison in {"LessThanLowerThreshold", "LessThanLowerOrGreaterThanUpperThreshold"}
    return (
        _value(query, metrics, read, timeline),
        lambda point: (above and point > mean + spread) or (below and point < mean - spread),
    )


def _compare(comparison: str, threshold: float) -> Callable[[float], bool]:
    return {
        "GreaterThanThreshold": lambda point: point > threshold,
        "GreaterThanOrEqualToThreshold": lambda point: point >= threshold,
        "LessThanThreshold": lambda point: point < threshold,
        "LessThanOrEqualToThreshold": lambda point: point <= threshold,
    }[comparison]


def _wanted(alarm: Mapping[str, Any], period_s: int) -> Wanted:
    return Wanted(
        alarm["Namespace"],
        alarm["MetricName"],
        {each["Name"]: each["Value"] for each in alarm.get("Dimensions") or []},
        alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average",
        period_s,
    )


def _of_query(stat: Mapping[str, Any]) -> Wanted:
    metric = stat["Metric"]
    dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions") or []}
    return Wanted(metric["Namespace"], metric["MetricName"], dimensions, stat["Stat"], int(stat["Period"]))
