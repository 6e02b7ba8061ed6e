"""What a stage keeps waiting, and within which bounds: as it is configured, and as those who change it read it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import msgspec
import pytest

from cdk.config import STAGES, BuiltInIssuer, CapacityConfig, ConfigError, Range, Warm
from cdk.config.capacity import POLLED, PRODUCTION, WARMED
from cdk.signals import quotas, scaling
from cdk.stacks.data import DataStack
from chat.aws.capacity import Kept
from chat.aws.quota_usage import Quota
from operations.facts.quotas import quota
from operations.forecasting.places import Place
from operations.forecasting.places import Range as Bounds
from tests.infrastructure.assembly import Assembly, Resource


def setting(assembly: Assembly, handler: str, name: str) -> str:
    function = assembly.functions()[handler]
    return assembly.text(function.stack, function["Environment"]["Variables"][name])


def pollers(assembly: Assembly) -> dict[str, Any]:
    found = {}
    for mapping in assembly.of_type("Lambda::EventSourceMapping"):
        if "ProvisionedPollerConfig" in mapping.properties:
            queue = assembly.behind(mapping.stack, mapping["EventSourceArn"])
            assert queue
            found[assembly.label(queue)] = mapping["ProvisionedPollerConfig"]
    return found


def test_queues_have_the_pollers_that_are_configured(prod: Assembly) -> None:
    assert pollers(prod) == {
        "service/Delivery/Queue": {"MinimumPollers": 2, "MaximumPollers": 100},
        "service/Notices/Queue": {"MinimumPollers": 2, "MaximumPollers": 20},
    }


def test_environments_follow_what_is_used_of_them(prod: Assembly) -> None:
    (target,) = prod.of_type("ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 100)
    assert re.search(r'"CommandLive.*:live"', json.dumps(target["ResourceId"]))
    (policy,) = prod.of_type("ApplicationAutoScaling::ScalingPolicy")
    tracked = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracked["TargetValue"] == 0.7
    metric = tracked["PredefinedMetricSpecification"]["PredefinedMetricType"]
    assert metric == "LambdaProvisionedConcurrencyUtilization"


def test_a_stage_that_keeps_nothing_pays_for_nothing(dev: Assembly, local: Assembly) -> None:
    for assembly in (dev, local):
        assert pollers(assembly) == {}
        assert not assembly.of_type("ApplicationAutoScaling::ScalableTarget")
        assert not {"ops.capacity", "ops.quota_forecast"} & set(assembly.functions())


def test_the_review_is_told_what_it_may_change(prod: Assembly) -> None:
    kept = msgspec.json.decode(setting(prod, "ops.capacity", "CHAT_CAPACITY"), type=Kept)
    assert {(queue.name, queue.least, queue.most) for queue in kept.queues} == {
        ("delivery", 2, 100),
        ("notices", 2, 20),
    }
    assert {(table.name, table.table) for table in kept.tables} == {
        ("messages", "{data/Messages}"),
        ("connections", "{data/Connections}"),
    }
    alarms = {str(alarm["AlarmName"]) for alarm in prod.of_type("CloudWatch::Alarm") if "AlarmName" in alarm.properties}
    assert set(kept.alarms) <= alarms


def test_what_looks_ahead_is_told_every_quota_with_its_code_and_lead_time(prod: Assembly) -> None:
    told = msgspec.json.decode(setting(prod, "ops.quota_forecast", "CHAT_QUOTAS"), type=list[Quota])
    assert [each.key for each in told] == list(quotas.WATCHED)
    for each in told:
        known = quota(each.key)
        assert (each.code, each.limit, each.lead_days) == (known.code, known.value, known.lead_days)
        assert all(all(metric.dimensions.values()) for metric in each.metrics)


def test_a_forecast_finds_functions_and_queues_with_their_bounds(prod: Assembly) -> None:
    (parameter,) = [each for each in prod.of_type("SSM::Parameter") if each["Name"] == "/chat/prod/capacity"]
    places = msgspec.json.decode(prod.text(parameter.stack, parameter["Value"]), type=list[Place])
    found = {place.name: (place.provisioned, place.queue, place.pollers) for place in places}
    assert found == {
        "message.command": (Bounds(2, 100), None, None),
        "message.deliver": (None, "delivery", Bounds(2, 100)),
        "message.notices": (None, "notices", Bounds(2, 20)),
    }


def table_of(capacity: CapacityConfig | None, name: str) -> dict[str, Any]:
    app = cdk.App()
    config = replace(STAGES["dev"], sign_in=BuiltInIssuer(), capacity=capacity)
    data = DataStack(app, "chat-dev-data", config=config)
    tables: dict[str, Resource] = {}
    for logical_id, body in app.synth().get_stack_by_name(data.stack_name).template["Resources"].items():
        if body["Type"] == "AWS::DynamoDB::GlobalTable":
            tables[logical_id[: len(name)].lower()] = Resource("data", logical_id, body)
    return tables[name].properties


def test_a_table_is_warm_for_more_only_where_that_is_asked_for() -> None:
    warm = CapacityConfig(tables={"messages": Warm(writes=20_000, reads=30_000, most_writes=40_000, most_reads=40_000)})
    assert table_of(warm, "messages")["WarmThroughput"] == {
        "WriteUnitsPerSecond": 20_000,
        "ReadUnitsPerSecond": 30_000,
    }
    for capacity in (None, PRODUCTION):
        assert "WarmThroughput" not in table_of(capacity, "messages")


def test_what_may_be_kept_has_an_alarm_that_raises_it() -> None:
    assert set(scaling.WAITING_S) == POLLED
    assert set(scaling.WARMED) == WARMED


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Range(least=5, most=4), "no range"),
        (lambda: CapacityConfig(pollers={"delivery": Range(least=1, most=10)}), "2 to 200 pollers"),
        (lambda: CapacityConfig(pollers={"delivery": Range(least=2, most=201)}), "2 to 200 pollers"),
        (lambda: CapacityConfig(pollers={"push": Range(least=2, most=10)}), "delivery, notices; not push"),
        (lambda: CapacityConfig(environments={"ops.health": Range(least=1, most=2)}), "not ops.health"),
        (lambda: CapacityConfig(tables={"rooms": Warm()}), "not rooms"),
        (lambda: CapacityConfig(utilisation=0.95), "0.1 to 0.9"),
        (lambda: Warm(writes=100), "4,000 writes"),
        (lambda: Warm(writes=20_000), "not for more than its own bounds"),
    ],
)
def test_a_capacity_that_can_not_be_is_refused(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        make()
