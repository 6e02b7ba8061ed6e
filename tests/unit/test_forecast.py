"""Tomorrow's load from days whose shape is known, and the command that shows what it asks for."""

from __future__ import annotations

import json
import math
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from operations import forecast
from operations.errors import UsageError
from operations.forecasting import history, seasons

BEGAN = datetime(2026, 11, 2, tzinfo=UTC)
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


def load(hour: int, *, noise: random.Random | None = None) -> float:
    """A day's wave that grows by one a day, at its height in the afternoon."""
    wave = 50 + 40 * math.sin((hour % 24 - 9) / 24 * 2 * math.pi) + hour / 24
    return wave + (noise.gauss(0, 2) if noise else 0)


def days(count: int, **how: Any) -> list[float]:
    return [load(hour, **how) for hour in range(24 * count)]


def written(path: Path, values: list[float]) -> Path:
    rows = [f"{BEGAN + timedelta(hours=hour):%Y-%m-%dT%H:%M},{value}" for hour, value in enumerate(values)]
    path.write_text("\n".join(["time,concurrency", *rows]) + "\n")
    return path


def test_a_day_that_repeats_is_forecast_as_it_will_be() -> None:
    found = seasons.forecast(days(10), 24)
    for hour, value in enumerate(found.expected):
        assert value == pytest.approx(load(240 + hour), abs=2)
    assert found.error < 0.05


def test_the_interval_holds_most_of_what_comes() -> None:
    noise = random.Random(7)  # noqa: S311  # a seed
    found = seasons.forecast(days(14, noise=noise), 24)
    held = [
        low <= load(336 + hour, noise=noise) <= high
        for hour, (low, high) in enumerate(zip(found.low, found.high, strict=True))
    ]
    assert sum(held) >= 20


def test_what_can_t_be_less_than_nothing_is_not_forecast_so() -> None:
    found = seasons.forecast([0.0] * 12 + [1.0] * 12 + [0.0] * 48, 24)
    assert min(found.low) >= 0


@pytest.mark.parametrize(("values", "season"), [([1.0] * 71, 24), ([1.0] * 10, 1)])
def test_too_little_to_see_a_season_in_is_refused(values: list[float], season: int) -> None:
    with pytest.raises(UsageError):
        seasons.forecast(values, season)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no rows"),
        ("at,count\n1,2", "no rows with the columns"),
        ("time,concurrency\nmonday,2", "line 2"),
        ("time,concurrency\n2026-11-02T00:00,-1", "0 or more"),
        ("time,concurrency\n2026-11-02T00:00,1\n2026-11-02T02:00,1", "an hour apart"),
    ],
)
def test_a_history_that_is_none_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "history.csv").write_text(text)
    with pytest.raises(UsageError, match=said):
        history.from_csv(tmp_path / "history.csv")


def test_hours_that_cloudwatch_did_not_count_were_quiet() -> None:
    watch = boto3.client("cloudwatch", **KEYS)  # type: ignore[call-overload]
    at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    with Stubber(watch) as stubber:
        expected = {
            "Namespace": "AWS/Lambda",
            "MetricName": "ConcurrentExecutions",
            "Dimensions": [{"Name": "FunctionName", "Value": "f"}],
            "StartTime": ANY,
            "EndTime": ANY,
            "Period": 3_600,
            "Statistics": ["Maximum"],
        }
        stubber.add_response("get_metric_statistics", {"Datapoints": [{"Timestamp": at, "Maximum": 7.0}]}, expected)
        rows = history.from_cloudwatch(watch, "f")
    assert len(rows) == 14 * 24
    assert rows[-1] == (at, 7.0)
    assert sum(value for _, value in rows) == 7.0


def test_the_command_writes_curve_and_plans(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    csv = written(tmp_path / "history.csv", days(5))
    output = tmp_path / "forecast.json"
    assert forecast.main(["chat-deliver", "--csv", str(csv), "--queue", "delivery", "--output", str(output)]) == 0
    told = json.loads(output.read_text())
    assert told["begins"] == "2026-11-07T00:00:00+00:00"
    assert len(told["expected"]) == len(told["high"]) == 24
    assert told["provisioned"]["steps"]
    assert max(step["capacity"] for step in told["pollers"]["steps"]) == math.ceil(max(told["high"]) / 10)
    out = capsys.readouterr().out
    assert "Provisioned concurrency of function:chat-deliver:live" in out
    assert "Pollers of queue delivery" in out


def test_a_function_that_works_off_no_queue_has_no_plan_of_pollers(tmp_path: Path) -> None:
    csv, output = written(tmp_path / "history.csv", days(5)), tmp_path / "forecast.json"
    assert forecast.main(["chat-command", "--csv", str(csv), "--output", str(output)]) == 0
    assert json.loads(output.read_text())["pollers"] is None


@pytest.mark.parametrize("arguments", [[], ["--apply", "--csv", "x.csv"], ["--undo"], ["--dry-run", "--csv", "x.csv"]])
def test_without_a_history_or_a_stage_nothing_is_forecast(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert forecast.main(["f", *arguments]) == UsageError.status
    assert "--stage" in capsys.readouterr().err


def test_more_than_an_account_runs_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    csv = written(tmp_path / "history.csv", [value * 20 for value in days(5)])
    assert forecast.main(["f", "--csv", str(csv), "--output", str(tmp_path / "forecast.json")]) == UsageError.status
    assert "L-B99A9384" in capsys.readouterr().err
    assert not (tmp_path / "forecast.json").exists()
