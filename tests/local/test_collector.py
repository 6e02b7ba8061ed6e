"""The collector: metrics out of the functions' log and out of queues, into the emulator's CloudWatch."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from chat.aws.metric_lines import lines
from chat.signals import Reading
from local.collector import AGE, DEPTH, Collector, read_line

NOW_MS = 1_790_000_000_000
READINGS = [
    Reading("Commands", "Count", "", "", [3]),
    Reading("DeliveryLatency", "Milliseconds", "path", "direct", [12, 15]),
]


def printed(readings: list[Reading]) -> str:
    """As functions print it, and the emulator writes it down."""
    told = lines(readings, "test", NOW_MS)
    return "".join(f"12:00:00.000 chat-local-service-Command | {line}" for line in told)


def test_a_line_gives_a_metric_for_each_of_its_dimensions() -> None:
    plain, by_path = ([*read_line(line)] for line in printed(READINGS).splitlines())
    assert plain == [
        (
            "Chat",
            {
                "MetricName": "Commands",
                "Dimensions": [{"Name": "stage", "Value": "test"}],
                "Timestamp": NOW_MS / 1_000,
                "Values": [3],
                "Unit": "Count",
            },
        )
    ]
    assert [datum["Dimensions"] for _, datum in by_path] == [
        [{"Name": "stage", "Value": "test"}],
        [{"Name": "stage", "Value": "test"}, {"Name": "path", "Value": "direct"}],
    ]
    assert by_path[0][1]["Values"] == [12, 15]


@pytest.mark.parametrize(
    "line",
    ["", "12:00:00.000 f | plain text", '12:00:00.000 f | {"message":"hello"}', '12:00:00.000 f | {"_aws": cut', "x"],
)
def test_other_lines_give_none(line: str) -> None:
    assert list(read_line(line)) == []


@dataclass
class Cloud:
    """CloudWatch and SQS as far as a collector uses them."""

    depth: int = 0
    put: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def client(self, _service: str) -> Cloud:
        return self

    def put_metric_data(self, *, Namespace: str, MetricData: list[dict[str, Any]]) -> None:  # noqa: N803  # boto3's
        self.put += [(Namespace, datum) for datum in MetricData]

    def list_queues(self, *, QueueNamePrefix: str) -> dict[str, Any]:  # noqa: N803  # boto3's
        return {"QueueUrls": [f"http://127.0.0.1/000000000000/{QueueNamePrefix}delivery"]}

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        return {"Attributes": {"ApproximateNumberOfMessages": str(self.depth)}}

    def values(self, name: str) -> list[Any]:
        found = [datum for _, datum in self.put if datum["MetricName"] == name]
        return [datum["Value"] if "Value" in datum else datum["Values"] for datum in found]


def collector(cloud: Cloud, log: Path) -> Collector:
    return Collector(cloud, log)  # type: ignore[arg-type]  # an endpoint gives clients, and so does this


def test_each_line_is_read_once_and_not_before_it_is_whole(tmp_path: Path) -> None:
    cloud, log = Cloud(), tmp_path / "functions.log"
    collected = collector(cloud, log)
    collected.collect(0)
    text = printed(READINGS[:1])
    log.write_text(text + text[:40])
    collected.collect(1)
    assert cloud.values("Commands") == [[3]]
    with log.open("a") as file:
        file.write(text[40:])
    collected.collect(2)
    collected.collect(3)
    assert cloud.values("Commands") == [[3], [3]]


def test_the_log_of_another_run_is_read_from_its_beginning(tmp_path: Path) -> None:
    cloud, log = Cloud(), tmp_path / "functions.log"
    collected = collector(cloud, log)
    log.write_text(printed(READINGS[:1]) * 3)
    collected.collect(1)
    log.write_text(printed(READINGS[:1]))
    collected.collect(2)
    assert len(cloud.values("Commands")) == 4


def test_a_queue_has_a_depth_and_the_age_of_what_waits(tmp_path: Path) -> None:
    cloud = Cloud()
    collected = collector(cloud, tmp_path / "functions.log")
    for at_s, depth in ((0, 0), (10, 2), (40, 1), (50, 0), (60, 4)):
        cloud.depth = depth
        collected.collect(at_s)
    assert cloud.values(DEPTH) == [0, 2, 1, 0, 4]
    assert cloud.values(AGE) == [0, 0, 30, 0, 0]
    assert cloud.put[0][1]["Dimensions"] == [{"Name": "QueueName", "Value": "chat-local-delivery"}]
    assert json.dumps(cloud.put)
