"""What is counted and measured, and the lines by which CloudWatch is told of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chat import commands, signals
from chat.aws import slow_calls
from chat.aws.calls import Response
from chat.aws.metric_lines import BURST, REPORT_MS, MetricReporter
from chat.delivery import measuring
from chat.ports import Outcome
from chat.protocol import MAX_COMMANDS
from chat.signals import MOST_SAMPLES, Reading, Sample
from simulation.world import World

NOW_MS = 1_790_000_000_000


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    signals.take()
    yield
    signals.take()


def taken() -> dict[tuple[str, str], Any]:
    """By metric and value of its dimension: a number, or the values of a distribution."""
    return {
        (reading.name, reading.of): reading.values if reading.unit != "Count" else sum(reading.values)
        for reading in signals.take()
    }


def test_a_metric_is_added_up_until_it_is_taken() -> None:
    signals.COMMANDS.add()
    signals.COMMANDS.add(2)
    signals.COMMANDS_REFUSED.add(of="muted")
    signals.COMMANDS_FAILED.add(0)
    assert taken() == {("Commands", ""): 3, ("CommandsRefused", "muted"): 1}
    assert taken() == {}


def test_of_many_values_some_are_kept_each_as_likely_as_any_other() -> None:
    signals._chance.seed(7)
    sample = Sample()
    for value in range(10_000):
        sample.add(value)
    assert len(sample.values) == MOST_SAMPLES
    assert sample.seen == 10_000
    assert 4_000 < sum(sample.values) / MOST_SAMPLES < 6_000


class Time:
    at_ms = NOW_MS

    def __call__(self) -> int:
        return self.at_ms


def printed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_is_what_cloudwatch_makes_metrics_of(capsys: pytest.CaptureFixture[str]) -> None:
    signals.COMMANDS.add(3)
    signals.DELIVERY_LATENCY.observe(12, of="direct")
    signals.DELIVERY_LATENCY.observe(15, of="direct")
    MetricReporter("test", Time()).report()
    plain, by_path = printed(capsys)
    assert plain == {
        "_aws": {
            "Timestamp": NOW_MS,
            "CloudWatchMetrics": [
                {"Namespace": "Chat", "Dimensions": [["stage"]], "Metrics": [{"Name": "Commands", "Unit": "Count"}]}
            ],
        },
        "stage": "test",
        "Commands": [3],
    }
    (directive,) = by_path["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["stage"], ["stage", "path"]]
    assert directive["Metrics"] == [{"Name": "DeliveryLatency", "Unit": "Milliseconds"}]
    assert (by_path["path"], by_path["DeliveryLatency"]) == ("direct", [12, 15])


def test_a_quiet_instance_tells_all_it_has_and_a_busy_one_every_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    now_ms = Time()
    reporter = MetricReporter("test", now_ms)
    told = []
    for _ in range(100):
        signals.COMMANDS.add()
        reporter.report()
        now_ms.at_ms += REPORT_MS // 10
        told += [line["Commands"] for line in printed(capsys)]
    assert len(told) <= BURST + 10
    assert told[:BURST] == [[1]] * BURST
    assert 90 <= sum(values[0] for values in told) <= 100
    now_ms.at_ms += BURST * REPORT_MS
    for _ in range(BURST):
        signals.COMMANDS.add()
        reporter.report()
    assert len(printed(capsys)) == BURST


def test_nothing_is_told_where_nothing_was_counted(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = MetricReporter("test", Time())
    for _ in range(BURST * 2):
        reporter.report()
    signals.COMMANDS.add()
    reporter.report()
    assert len(printed(capsys)) == 1


def message(age_ms: int, seq: int = 1) -> bytes:
    event = {"type": "message", "message": {"room": "lunch", "seq": seq, "sent_at_ms": NOW_MS - age_ms}}
    return json.dumps(event).encode()


def test_a_post_is_a_delivery_for_each_socket_and_its_latency_is_taken_once() -> None:
    outcomes = [Outcome.DELIVERED] * 8 + [Outcome.GONE, Outcome.FAILED]
    measuring.posted(message(40), outcomes, "direct", NOW_MS)
    assert taken() == {
        ("Deliveries", "direct"): 8,
        ("DeliveriesGone", ""): 1,
        ("DeliveriesFailed", ""): 1,
        ("DeliveryLatency", "direct"): [40],
    }


def test_messages_of_one_frame_count_each_and_slow_ones_twice() -> None:
    frame = b"[" + message(700) + b"," + message(20, 2) + b"]"
    measuring.posted(frame, [Outcome.DELIVERED] * 5, "slices", NOW_MS)
    assert taken() == {
        ("Deliveries", "joined"): 10,
        ("DeliveriesSlow", ""): 5,
        ("DeliveryLatency", "joined"): [700, 20],
    }


def test_a_second_attempt_is_told_apart() -> None:
    measuring.posted(message(2_500), [Outcome.DELIVERED, Outcome.FAILED], "again", NOW_MS)
    counted = taken()
    assert counted["Redeliveries", ""] == 2
    assert counted["Deliveries", "again"] == 1


@pytest.mark.parametrize("frame", [b'{"type":"typing","room":"lunch"}', b"{}", b"nonsense", b"[]"])
def test_a_frame_without_a_message_is_no_delivery(frame: bytes) -> None:
    measuring.posted(frame, [Outcome.DELIVERED], "direct", NOW_MS)
    assert taken() == {}


def test_a_clock_that_is_behind_makes_no_message_early() -> None:
    measuring.posted(message(-30), [Outcome.DELIVERED], "direct", NOW_MS)
    assert taken()["DeliveryLatency", "direct"] == [0]


def send(world: World, user: str, **command: Any) -> Any:
    sender = world.connect(user)
    return json.loads(commands.answer(world.services, sender, json.dumps({"id": "k", **command})))


def test_what_a_stage_does_is_counted() -> None:
    world = World()
    room = {"room": "lunch"}
    assert send(world, "ada", action="create", title="Lunch", id="made", **room)["type"] == "ack"
    assert send(world, "ada", action="subscribe", **room)["type"] == "ack"
    for _ in range(2):
        assert send(world, "ada", action="send", text="hello", id="same", **room)["type"] == "ack"
        world.clock.pass_ms(1)
    assert send(world, "eve", action="send", text="hello", **room)["code"] == "not_a_member"
    send(world, "ada", action="sync", rooms={"lunch": 0})
    counted = taken()
    assert counted["Commands", ""] == 6
    assert counted["MessagesAccepted", ""] == 1
    assert counted["RoomsCreated", ""] == 1
    assert counted["Heartbeats", ""] == 1
    assert counted["CommandsRefused", "not_a_member"] == 1
    assert ("CommandsFailed", "") not in counted
    assert len(counted["CommandLatency", ""]) == 6


def test_a_fault_of_ours_counts_against_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()

    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(world.services.fanout.connections, "subscribe", break_down)
    assert send(world, "ada", action="subscribe", room="lunch")["code"] == "internal"
    assert taken()["CommandsFailed", ""] == 1


def test_commands_of_a_list_count_each() -> None:
    world = World()
    several = [{"action": "ping", "id": str(number)} for number in range(MAX_COMMANDS)]
    commands.answer(world.services, world.connect("ada"), json.dumps(several))
    assert taken()["Commands", ""] == MAX_COMMANDS


def test_a_slow_query_is_counted_each_time_and_said_once_a_second(caplog: pytest.LogCaptureFixture) -> None:
    body = {"TableName": "slow", "Key": {"pk": {"S": "room#lunch"}, "sk": {"S": "about"}}}
    answers = [Response(200, elapsed_ms=elapsed_ms) for elapsed_ms in (5.0, 150.0, 250.0)]
    slow_calls.note("slow", "GetItem", [body] * 3, answers)
    counted = taken()
    assert counted["DatabaseSlow", ""] == 2
    assert counted["DatabaseLatency", "GetItem"] == [5.0, 150.0, 250.0]
    (line,) = [vars(record) for record in caplog.records if record.message == "slow query"]
    assert (line["table"], line["operation"], line["kind"], line["elapsed_ms"]) == ("slow", "GetItem", "room", 150.0)
    assert "lunch" not in str(line)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"Item": {"pk": {"S": "m#lunch#0"}}}, "m"),
        ({"ExpressionAttributeValues": {":pk": {"S": "user#ada"}}}, "user"),
        ({"TransactItems": []}, "several"),
        ({"Key": {"pk": {"S": "webhooks"}}}, "webhooks"),
    ],
)
def test_a_kind_is_how_a_partition_begins(body: dict[str, Any], kind: str) -> None:
    assert slow_calls.kind_of(body) == kind


def test_a_reading_says_which_value_of_which_dimension_it_is_of() -> None:
    signals.PUSHES.add(of="taken")
    assert signals.take() == [Reading("Pushes", "Count", "outcome", "taken", [1])]
