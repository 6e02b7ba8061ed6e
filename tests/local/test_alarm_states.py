"""Metric math and the states of alarms, as CloudWatch has them, on series that are written down here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from local.alarm_states import Wanted, judge
from local.metric_math import Formula, FormulaError, Values

TIMELINE = [0, 60, 120]


def value(formula: str, **series: Values) -> Values:
    return Formula(series, TIMELINE).evaluate(formula)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("a + b", {0: 11.0, 60: 22.0}),
        ("a / b * 100", {0: 10.0, 60: 10.0}),
        ("b - a > 10", {0: 0.0, 60: 1.0}),
        ("FILL(b, 5)", {0: 10.0, 60: 20.0, 120: 5.0}),
        ("IF(a > 1, a, 0)", {0: 0.0, 60: 2.0, 120: 3.0}),
        ("MAX([a, b])", {0: 10.0, 60: 20.0, 120: 3.0}),
        ("SUM([a, b])", {0: 11.0, 60: 22.0, 120: 3.0}),
        ("2", {0: 2.0, 60: 2.0, 120: 2.0}),
    ],
)
def test_a_formula_has_a_value_where_its_operands_have(formula: str, expected: Values) -> None:
    assert value(formula, a={0: 1.0, 60: 2.0, 120: 3.0}, b={0: 10.0, 60: 20.0}) == expected


def test_what_is_divided_by_nothing_is_missing() -> None:
    assert value("a / b", a={0: 1.0, 60: 1.0}, b={0: 0.0, 60: 2.0}) == {60: 0.5}
    assert value("IF(FILL(b, 0) > 0, a / b, 0)", a={0: 1.0}, b={0: 0.0}) == dict.fromkeys(TIMELINE, 0.0)


@pytest.mark.parametrize("formula", ["", "a +", "c", "a ** 2", "RATE(a)", "FILL(a)", "[a]", "a.b", "'text'"])
def test_what_is_not_known_is_refused(formula: str) -> None:
    with pytest.raises(FormulaError):
        value(formula, a={0: 1.0})


SOUND = {
    "Namespace": "Chat",
    "MetricName": "Errors",
    "Dimensions": [{"Name": "stage", "Value": "test"}],
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "Threshold": 5,
    "ComparisonOperator": "GreaterThanThreshold",
}


def state(points: list[float | None], **changes: Any) -> str:
    def read(wanted: Wanted, timeline: Sequence[int]) -> Values:
        assert (wanted.name, wanted.dimensions, wanted.statistic) == ("Errors", {"stage": "test"}, "Sum")
        return {at: point for at, point in zip(timeline, points, strict=True) if point is not None}

    return judge({**SOUND, **changes}, read, 1_000_000).state


def test_an_alarm_is_on_when_enough_periods_are_wrong() -> None:
    assert state([6, 5, 6]) == "ALARM"
    assert state([6, 5, 5]) == "OK"
    assert state([6, 6, 5], DatapointsToAlarm=None) == "OK"


@pytest.mark.parametrize(
    ("treatment", "expected"),
    [("breaching", "ALARM"), ("notBreaching", "OK"), ("missing", "INSUFFICIENT_DATA"), (None, "INSUFFICIENT_DATA")],
)
def test_what_is_missing_counts_as_the_alarm_says(treatment: str | None, expected: str) -> None:
    assert state([None, None, None], TreatMissingData=treatment) == expected
    assert state([None, 1, 1], TreatMissingData=treatment) == "OK"


@pytest.mark.parametrize(
    ("comparison", "points", "expected"),
    [
        ("GreaterThanOrEqualToThreshold", [5, 5, 0], "ALARM"),
        ("LessThanThreshold", [4, 4, 5], "ALARM"),
        ("LessThanOrEqualToThreshold", [6, 5, 5], "ALARM"),
        ("LessThanThreshold", [5, 5, 5], "OK"),
    ],
)
def test_each_way_to_compare(comparison: str, points: list[float | None], expected: str) -> None:
    assert state(points, ComparisonOperator=comparison) == expected


def band(history: list[float], latest: float) -> str:
    stat = {"Metric": {"Namespace": "Chat", "MetricName": "Deliveries"}, "Period": 60, "Stat": "Sum"}
    alarm = {
        "Metrics": [
            {"Id": "m", "MetricStat": stat},
            {"Id": "usual", "Expression": "ANOMALY_DETECTION_BAND(m, 2)"},
        ],
        "ThresholdMetricId": "usual",
        "ComparisonOperator": "GreaterThanUpperThreshold",
        "EvaluationPeriods": 1,
    }

    def read(_wanted: Wanted, timeline: Sequence[int]) -> Values:
        if len(timeline) == 1:
            return {timeline[0]: latest}
        return dict(zip(timeline[-len(history) :], history, strict=True)) if history else {}

    return judge(alarm, read, 1_000_000).state


def test_a_band_is_left_by_what_is_far_from_the_usual() -> None:
    usual = [10.0, 12.0, 8.0, 11.0, 9.0]
    assert band(usual, 12.5) == "OK"
    assert band(usual, 20.0) == "ALARM"
    assert band(usual, 0.0) == "OK"


def test_nothing_is_unusual_before_there_is_a_usual() -> None:
    assert band([10.0, 10.0], 1_000.0) == "INSUFFICIENT_DATA"
