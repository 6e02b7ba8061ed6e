"""What the running stack tells of itself: metrics, alarms that go on and off, one id through all functions' logs."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from chat.aws.client import AwsClient
from chat.storage.fanout_settings import REMEMBERED_MS
from local.stack import LocalStack
from tests.integration.thresholds import in_force
from tests.integration.users import WAIT_S, SignIn

OWN = [{"Name": "stage", "Value": "local"}]


async def eventually(find: Callable[[], Any]) -> Any:
    """What `find` finds, as soon as it finds anything."""
    for _ in range(WAIT_S * 5):
        if found := find():
            return found
        await asyncio.sleep(0.2)
    pytest.fail("it was never found")


def sum_of(metrics: Any, namespace: str, name: str, dimensions: list[dict[str, str]]) -> float:
    """Of the last ten minutes."""
    found = metrics.get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=dimensions,
        StartTime=time.time() - 600,
        EndTime=time.time() + 60,
        Period=3_600,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in found["Datapoints"]))


async def test_a_message_is_counted_and_the_time_of_its_delivery_taken(
    sign_in: SignIn, room: str, aws: Callable[[str], Any]
) -> None:
    metrics = aws("cloudwatch")
    ada, bob = await sign_in("Ada"), await sign_in("Bob")
    await ada.call("create", title="Lunch", room=room)
    await bob.enter(room)
    await ada.call("send", room=room, text="counted")
    await bob.event("message")
    for name, dimensions in (
        ("MessagesAccepted", OWN),
        ("Deliveries", [*OWN, {"Name": "path", "Value": "direct"}]),
        ("DeliveryLatency", [*OWN, {"Name": "path", "Value": "direct"}]),
        ("ConnectionsOpened", OWN),
    ):
        assert await eventually(partial(sum_of, metrics, "Chat", name, dimensions)), name


async def test_a_message_that_waits_in_a_queue_is_seen(stack: LocalStack, aws: Callable[[str], Any]) -> None:
    sqs, metrics = aws("sqs"), aws("cloudwatch")
    hops = aws("ssm").get_parameter(Name="/chat/local/dead-letters/1")["Parameter"]["Value"]
    url = next(hop["queue"] for hop in json.loads(hops) if hop["name"] == "jobs")
    name = url.rpartition("/")[2]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    try:
        among = [{"Name": "QueueName", "Value": name}]
        depth = "ApproximateNumberOfMessagesVisible"
        assert await eventually(lambda: sum_of(metrics, "AWS/SQS", depth, among))
        pages: list[Any] = list(metrics.get_paginator("describe_alarms").paginate())
        alarms = [each for page in pages for each in page["MetricAlarms"] if each.get("Dimensions") == among]
        assert await eventually(lambda: [state(metrics, each["AlarmName"]) for each in alarms] == ["ALARM"])
    finally:
        sqs.purge_queue(QueueUrl=url)
    assert stack.failed is None


def state(metrics: Any, name: str) -> str:
    found = metrics.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    alarms: list[Any] = found["MetricAlarms"] + found["CompositeAlarms"]
    return str(alarms[0]["StateValue"])


def put(metrics: Any, name: str, value: float, *, ages_s: list[float], count: float = 1) -> None:
    """The value at several times before now."""
    now_s = time.time()
    data = [
        {"MetricName": name, "Dimensions": OWN, "Timestamp": now_s - age_s, "Values": [value], "Counts": [count]}
        for age_s in ages_s
    ]
    metrics.put_metric_data(Namespace="Chat", MetricData=data)


MINUTES = [30.0, 90.0, 150.0, 210.0, 270.0]


async def test_metric_math_goes_on_and_off_and_its_group_with_it(aws: Callable[[str], Any]) -> None:
    metrics = aws("cloudwatch")
    put(metrics, "Commands", 100_000, ages_s=MINUTES)
    put(metrics, "CommandsFailed", 50_000, ages_s=MINUTES)
    assert state(metrics, "chat-local-commands-failing") == "ALARM"
    assert state(metrics, "chat-local-stage-unwell") == "ALARM"
    put(metrics, "CommandsFailed", -50_000, ages_s=MINUTES)
    assert state(metrics, "chat-local-commands-failing") == "OK"
    assert state(metrics, "chat-local-stage-unwell") == "OK"


async def test_a_percentile_goes_on_and_off(aws: Callable[[str], Any]) -> None:
    metrics = aws("cloudwatch")
    put(metrics, "DeliveryLatency", 5_000, ages_s=MINUTES, count=10_000)
    assert state(metrics, "chat-local-delivery-slow") == "ALARM"
    put(metrics, "DeliveryLatency", 20, ages_s=MINUTES, count=10_000_000)
    assert state(metrics, "chat-local-delivery-slow") == "OK"


async def test_a_band_around_the_usual_is_left_and_entered_again(aws: Callable[[str], Any]) -> None:
    metrics = aws("cloudwatch")
    hour_s = 3_600.0
    for hours, value in ((3.5, 900_000), (4.5, 1_000_000), (5.5, 1_100_000), (6.5, 1_000_000)):
        put(metrics, "Deliveries", value, ages_s=[hours * hour_s])
    latest = [0.5 * hour_s, 1.5 * hour_s, 2.5 * hour_s]
    put(metrics, "Deliveries", 5_000_000, ages_s=latest)
    assert state(metrics, "chat-local-deliveries-unusual") == "ALARM"
    put(metrics, "Deliveries", -4_000_000, ages_s=latest)
    assert state(metrics, "chat-local-deliveries-unusual") == "OK"


def spoken(stack: LocalStack) -> list[tuple[str, dict[str, Any]]]:
    """Function and content of all lines that functions have logged so far."""
    found = re.findall(
        r"^\S+ chat-local-service-(\w+?)-\w* \| (\{.*\})$", stack.state.log("functions").read_text(), re.MULTILINE
    )
    return [(name, json.loads(line)) for name, line in found if '"correlation"' in line]


async def test_in_a_larger_room_it_leads_through_the_delivery_queue(
    sign_in: SignIn, room: str, stack: LocalStack, client: AwsClient
) -> None:
    ada = await sign_in("Ada")
    await ada.call("create", title="Hall", room=room)
    for number in range(12):
        await (await sign_in(f"Listener {number}")).enter(room)
    with in_force(stack, client, {"direct": 10}):
        await asyncio.sleep(REMEMBERED_MS / 1_000)
        await ada.call("send", room=room, text="to all of you")

        def delivered() -> bool:
            lines = spoken(stack)
            ids = {
                name: {line["correlation"] for of, line in lines if of.startswith(name)} for name in ("Com", "Deliver")
            }
            return any(ids["Com"] & set(joined.split(",")) for joined in ids["Deliver"])

        assert await eventually(delivered)


async def test_one_id_leads_from_a_frame_through_the_logs_of_all_functions_that_it_concerns(
    sign_in: SignIn, room: str, stack: LocalStack
) -> None:
    ada = await sign_in("Ada")
    await ada.call("create", title="Lunch", room=room)
    before = {line["correlation"] for name, line in spoken(stack) if name.startswith("Command")}
    await ada.call("send", room=room, text="followed")

    def followed() -> set[str]:
        lines = spoken(stack)
        new = {line["correlation"] for name, line in lines if name.startswith("Command")} - before
        return {name for name, line in lines if new & set(line["correlation"].split(","))}

    wanted = ("Command", "Outbox", "Activity", "Index", "Push", "Webhooks", "Notice")
    await eventually(lambda: all(any(name.startswith(each) for name in followed()) for each in wanted))
