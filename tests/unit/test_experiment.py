"""Variants of a flag compared by what CloudWatch has of them: what is shown, and what is not claimed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chat import signals
from chat.aws.dynamodb import to_attributes
from chat.flags import Rule
from operations import experiment
from operations.errors import UsageError
from operations.experiment import SETTLED_S, Span, span_of
from operations.stage import Stage
from operations.variants.comparison import LEAST_MINUTES, LEAST_VALUES, Minute, common, compare
from operations.variants.readings import Standing, minutes, standing

NOW_S = 1_790_000_000 // 60 * 60 + 40.0
BEGAN_S = NOW_S - 40 * 60


def course(difference_ms: float, *, length: int = 30, noise_ms: float = 1.0, seed: int = 1) -> tuple[Any, Any]:
    """Minutes of a day that gets ever busier, for both alike, and a variant that takes so much longer in each."""
    chance = random.Random(seed)  # noqa: S311
    control, variant = {}, {}
    for number in range(length):
        busy_ms = 20 + 3.0 * number
        control[number * 60] = Minute(busy_ms + chance.gauss(0, noise_ms), 50)
        variant[number * 60] = Minute(busy_ms + difference_ms + chance.gauss(0, noise_ms), 50)
    return control, variant


def test_a_difference_is_found_beneath_a_load_that_changes_far_more() -> None:
    found = compare(*course(4.0))
    assert found
    assert found.low_ms < 4.0 < found.high_ms
    assert (found.verdict, found.minutes) == ("slower", 30)
    faster = compare(*course(-4.0))
    assert faster
    assert faster.verdict == "faster"


def test_two_alike_are_told_apart_about_as_seldom_as_the_confidence_says() -> None:
    verdicts = [compare(*course(0.0, seed=seed)) for seed in range(200)]
    wrong = sum(found is not None and found.verdict != "no difference shown" for found in verdicts)
    assert 2 <= wrong <= 20


def test_the_interval_is_students() -> None:
    """Differences 1 to 10: mean 5.5, standard error 0.957427, t of 9 degrees of freedom 2.262157."""
    control = {at: Minute(0.0, 50) for at in range(10)}
    variant = {at: Minute(float(at + 1), 50) for at in range(10)}
    found = compare(control, variant)
    assert found
    assert found.low_ms == pytest.approx(3.33415, abs=1e-4)
    assert found.high_ms == pytest.approx(7.66585, abs=1e-4)


def test_a_wider_confidence_gives_a_wider_interval() -> None:
    usual, sure = compare(*course(1.0)), compare(*course(1.0), confidence=0.999)
    assert usual
    assert sure
    assert sure.low_ms < usual.low_ms < usual.high_ms < sure.high_ms


def test_too_few_minutes_in_common_give_no_answer() -> None:
    control, variant = course(50.0, length=LEAST_MINUTES)
    assert compare(control, variant)
    del variant[0]
    assert compare(control, variant) is None


def test_a_minute_with_few_values_of_either_is_left_out() -> None:
    control, variant = course(1.0, length=LEAST_MINUTES)
    control[60] = Minute(20, LEAST_VALUES - 1)
    assert 60 not in common(control, variant)
    assert compare(control, variant) is None


def test_without_any_spread_the_interval_is_a_point() -> None:
    control, variant = course(3.0, noise_ms=0.0)
    found = compare(control, variant)
    assert found
    assert found.low_ms == pytest.approx(found.high_ms) == pytest.approx(3.0)


RUNNING = Standing(3, Rule(on=True, shares={"after": 50}), BEGAN_S)


@pytest.mark.parametrize(
    ("there", "since_s", "until_s", "expected"),
    [
        (RUNNING, None, None, Span(BEGAN_S, NOW_S - SETTLED_S)),
        (RUNNING, BEGAN_S - 600, BEGAN_S, Span(BEGAN_S - 600, BEGAN_S)),
        (Standing(4, Rule(), NOW_S), BEGAN_S, NOW_S - 600, Span(BEGAN_S, NOW_S - 600)),
        (
            Standing(3, Rule(on=True, starts_at_ms=int(BEGAN_S + 60) * 1_000, ends_at_ms=int(NOW_S - 60) * 1_000), 0),
            None,
            None,
            Span(BEGAN_S + 60, NOW_S - 60),
        ),
    ],
    ids=["since it was set", "a time that was named", "off since", "from its start to its end"],
)
def test_what_is_compared_is_the_time_of_one_rule(
    there: Standing, since_s: float | None, until_s: float | None, expected: Span
) -> None:
    found = span_of("recipients", there, since_s, until_s, NOW_S)
    assert (int(found.since_s), int(found.until_s)) == (int(expected.since_s), int(expected.until_s))


def test_a_flag_that_is_off_or_was_just_set_is_not_compared() -> None:
    with pytest.raises(UsageError, match="recipients is off"):
        span_of("recipients", Standing(0, Rule(), 0), None, None, NOW_S)
    with pytest.raises(UsageError, match="Nothing of recipients has been measured yet"):
        span_of("recipients", Standing(1, Rule(on=True), NOW_S - 5), None, None, NOW_S)


@dataclass
class Aws:
    """CloudFormation, DynamoDB and CloudWatch as far as they are asked; points come a few a page."""

    rule: dict[str, Any] | None = None
    points: dict[tuple[str, str], dict[int, tuple[float, float]]] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def stage(self) -> Stage:
        return Stage("dev", lambda _service: self)

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        if StackName != "chat-dev-data":
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "no"}}, "DescribeStacks")
        return {"Stacks": [{"Outputs": [{"OutputKey": "RoomsTableName", "OutputValue": "rooms"}]}]}

    def get_item(self, *, TableName: str, Key: Any, ConsistentRead: bool) -> dict[str, Any]:  # noqa: N803
        assert (TableName, Key, ConsistentRead) == ("rooms", to_attributes({"pk": "flags", "sk": "recipients"}), True)
        return {"Item": to_attributes(self.rule)} if self.rule else {}

    def get_paginator(self, name: str) -> Aws:
        assert name == "get_metric_data"
        return self

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        self.asked.append(asked)
        for query in asked["MetricDataQueries"]:
            metric = query["MetricStat"]["Metric"]
            variant = next(each["Value"] for each in metric["Dimensions"] if each["Name"] == "variant")
            which = {"Average": 0, "SampleCount": 1}[query["MetricStat"]["Stat"]]
            found = [
                (at, point[which])
                for at, point in sorted(self.points.get((metric["MetricName"], variant), {}).items())
                if asked["StartTime"].timestamp() <= at < asked["EndTime"].timestamp()
            ]
            for start in range(0, len(found), 7):
                part = found[start : start + 7]
                moments = [datetime.fromtimestamp(at, UTC) for at, _ in part]
                result = {"Id": query["Id"], "Timestamps": moments, "Values": [value for _, value in part]}
                yield {"MetricDataResults": [result]}


def running(minutes_of: int) -> Aws:
    """A stage that has compared the two for so long, `after` taking 4 ms more."""
    rule = {"on": True, "shares": {"after": 50}}
    aws = Aws(
        rule={"pk": "flags", "sk": "recipients", "version": 3, "rule": rule, "changed_at_ms": int(BEGAN_S) * 1_000}
    )
    first = -(-int(BEGAN_S) // 60) * 60
    control, variant = course(4.0, length=minutes_of)
    for metric in ("VariantAckLatency", "VariantDeliveryLatency"):
        for name, of in (("recipients:along", control), ("recipients:after", variant)):
            aws.points[metric, name] = {first + at: (each.average_ms, each.values) for at, each in of.items()}
    return aws


def run(aws: Aws, monkeypatch: pytest.MonkeyPatch, *more: str) -> int:
    monkeypatch.setattr(Stage, "find", lambda _name: aws.stage())
    return experiment.main(["recipients", "--stage", "dev", *more], now_s=lambda: NOW_S)


def test_the_command_shows_by_how_much_each_variant_differs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(running(39), monkeypatch) == 0
    shown = capsys.readouterr().out
    for line in ("send to ack, after", "send to delivery, after"):
        (row,) = [each for each in shown.splitlines() if each.startswith(line)]
        assert "slower" in row
        assert "+4." in row or "+3." in row
    assert "version 3" in shown


def test_the_command_says_where_there_is_not_enough(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(running(LEAST_MINUTES - 1), monkeypatch) == 1
    shown = capsys.readouterr().out
    assert shown.count("not enough data") == 2
    assert "Not enough data: it takes 10 whole minutes" in shown


def test_a_flag_or_a_stage_that_is_not_there_is_said_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert experiment.main(["colour", "--stage", "dev"]) == 2
    assert "There is no flag 'colour'; there are: recipients." in capsys.readouterr().err
    monkeypatch.setattr(Stage, "find", lambda _name: Stage("elsewhere", lambda _service: Aws()))
    assert experiment.main(["recipients", "--stage", "elsewhere"]) == 2
    assert "no stack is called chat-elsewhere-data" in capsys.readouterr().err
    assert run(Aws(), monkeypatch) == 2
    assert "recipients is off" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--since", "tomorrow"], ["--confidence", "2"], ["--confidence", "much"]], ids=str)
def test_options_that_make_no_sense_end_with_2(wrong: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        experiment.main(["recipients", "--stage", "dev", *wrong])


def test_only_whole_minutes_are_read_and_none_of_another_stage() -> None:
    aws = running(39)
    found = minutes(aws.stage(), signals.VARIANT_ACK_LATENCY, ["recipients:along"], BEGAN_S, NOW_S)
    (asked,) = aws.asked
    assert (asked["StartTime"].second, asked["EndTime"].second) == (0, 0)
    assert BEGAN_S <= asked["StartTime"].timestamp() < asked["EndTime"].timestamp() <= NOW_S
    (stages,) = {
        each["Value"]
        for query in asked["MetricDataQueries"]
        for each in query["MetricStat"]["Metric"]["Dimensions"]
        if each["Name"] == "stage"
    }
    assert stages == "dev"
    assert len(found["recipients:along"]) == 39
    assert minutes(aws.stage(), signals.VARIANT_ACK_LATENCY, ["recipients:along"], NOW_S - 30, NOW_S) == {
        "recipients:along": {}
    }


def test_the_rule_is_read_as_it_was_stored() -> None:
    found = standing(running(1).stage(), "recipients")
    assert (found.version, found.rule.shares, found.since_s) == (3, {"after": 50}, int(BEGAN_S))
