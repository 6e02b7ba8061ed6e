"""What is watched of a stage: alarms judged on series that are well and on some that are not; each has its runbook."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from cdk.config import ROOT
from cdk.signals import catalogue, metrics
from cdk.signals.__main__ import PAGE
from cdk.signals.alarms import BESIDE_THEIR_RESOURCES, GROUPS, Alarm
from cdk.signals.dashboards import DASHBOARDS
from cdk.signals.objectives import OBJECTIVES, burn_alarms
from cdk.signals.page import page
from cdk.signals.queries import QUERIES
from cdk.signals.series import inputs_of
from chat import signals
from local.alarm_states import Wanted, judge
from local.metric_math import Values
from tests.infrastructure.assembly import Assembly, Resource, walk

NOW_S = 1_790_000_000

WELL_AND_WRONG: dict[str, tuple[dict[str, float], dict[str, float]]] = {
    "commands-failing": ({"CommandsFailed": 1, "Commands": 100}, {"CommandsFailed": 3, "Commands": 100}),
    "gateway-failing": ({"IntegrationError": 20}, {"IntegrationError": 11, "ExecutionError": 10}),
    "http-failing": ({"5xx": 10}, {"5xx": 11}),
    "functions-failing": ({"Errors": 0}, {"Errors": 1}),
    "functions-throttled": ({"Throttles": 0}, {"Throttles": 1}),
    "canary-failing": ({"CanaryFailures": 0}, {"CanaryFailures": 1}),
    "canary-silent": ({"CanaryRuns": 1}, {"CanaryFailures": 0}),
    "canary-slow": ({"CanaryDeliveryLatency": 300}, {"CanaryDeliveryLatency": 2_500}),
    "delivery-slow": ({"DeliveryLatency": 400}, {"DeliveryLatency": 1_200}),
    "delivery-failing": ({"Deliveries": 100}, {"Deliveries": 100, "DeliveriesFailed": 6}),
    "delivery-behind": ({"ApproximateAgeOfOldestMessage": 30}, {"ApproximateAgeOfOldestMessage": 31}),
    "posts-throttled": ({}, {"PostsThrottled": 101}),
    "table-throttled": ({"ReadThrottleEvents": 3}, {"ReadThrottleEvents": 3, "WriteThrottleEvents": 1}),
    "database-slow": ({"DatabaseLatency": 12}, {"DatabaseLatency": 180}),
    "cache-down": ({}, {"shared.opened": 1}),
    "events-behind": ({"IteratorAge": 900}, {"IteratorAge": 61_000}),
    "consumers-behind": ({"ApproximateAgeOfOldestMessage": 800}, {"ApproximateAgeOfOldestMessage": 901}),
    "concurrency-high": ({"ConcurrentExecutions": 790}, {"ConcurrentExecutions": 810}),
    "errors-unusual": ({"Errors": 50}, {"Errors": 51}),
    "edge-failing": ({"EdgeViews": 1_000, "EdgeFailed": 20}, {"EdgeViews": 1_000, "EdgeFailed": 21}),
    "purges-high": ({"PurgeBudget": 80}, {"PurgeBudget": 81}),
    "collection-failing": ({}, {"MediaOrphans": 1}),
    "pages-slow": ({"PageAcks": 100, "PageAcksSlow": 10}, {"PageAcks": 100, "PageAcksSlow": 11}),
    "uploads-failing": ({"Uploads": 2}, {"Uploads": 3}),
    "webhooks-failing": ({"WebhookDeliveries": 8}, {}),
    "sign-ins-refused": ({"TicketsRefused": 300}, {"TicketsRefused": 200, "RequestsRefused": 101}),
    "backup-failed": ({}, {"NumberOfBackupJobsExpired": 1}),
    "connections-unusual": ({"ConnectCount": 20}, {"ConnectCount": 500}),
    "deliveries-unusual": ({"Deliveries": 20}, {"Deliveries": 500}),
    "delivery-waiting": ({"ApproximateAgeOfOldestMessage": 5}, {"ApproximateAgeOfOldestMessage": 6}),
    "notices-waiting": ({"ApproximateAgeOfOldestMessage": 30}, {"ApproximateAgeOfOldestMessage": 31}),
    "messages-refusing": ({"WriteThrottleEvents": 10}, {"ReadThrottleEvents": 5, "WriteThrottleEvents": 6}),
    "connections-refusing": ({"ReadThrottleEvents": 10}, {"ReadThrottleEvents": 11}),
    "capacity-bound": ({"CapacityBound": 0}, {"CapacityBound": 1}),
    "capacity-unreviewed": ({"CapacityReviews": 1}, {"CapacityBound": 0}),
    "quota-ahead": ({"QuotaForecast": 80}, {"QuotaForecast": 81}),
    "availability": ({"CommandsFailed": 5, "Commands": 1_000}, {"CommandsFailed": 15, "Commands": 1_000}),
    "ack-latency": ({"CommandsSlow": 59, "Commands": 1_000}, {"CommandsSlow": 145, "Commands": 1_000}),
    "delivery-latency": ({"DeliveriesSlow": 59, "Deliveries": 1_000}, {"DeliveriesSlow": 145, "Deliveries": 1_000}),
    "loss": ({"MessagesAccepted": 10_000}, {"MessagesUndelivered": 15, "MessagesAccepted": 10_000}),
}
"""Values of metrics by their names, each period alike: just not an alarm yet, and just one."""

FAILED_AND_TAKEN = {"failed": 9.0, "taken": 8.0}
"""The one alarm that compares two values of one metric's dimension."""


def series(values: dict[str, float], since_s: int, *, wrong: bool) -> Any:
    """Reads those values in each period from `since_s` on; before, what is usual, a little up and down."""

    def read(wanted: Wanted, timeline: Sequence[int]) -> Values:
        if wrong and wanted.name == "WebhookDeliveries":
            return dict.fromkeys(timeline, FAILED_AND_TAKEN[wanted.dimensions["outcome"]])
        if wanted.name not in values:
            return {}
        usual = {at: 15.0 + number % 10 for number, at in enumerate(timeline)}
        return {at: values[wanted.name] if at >= since_s else usual[at] for at in timeline}

    return read


def alarms(assembly: Assembly) -> dict[str, Resource]:
    found = [each for each in assembly.of_type("CloudWatch::Alarm") if each.stack == "observability"]
    return {str(each["AlarmName"]).removeprefix(f"chat-{assembly.stage}-"): each for each in found}


def flattened(assembly: Assembly, alarm: Resource) -> dict[str, Any]:
    """The alarm's properties with its references as text, as `judge` takes them."""

    def flat(value: Any) -> Any:
        if isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::")):
            return assembly.text(alarm.stack, value)
        if isinstance(value, dict):
            return {name: flat(each) for name, each in value.items()}
        return [flat(each) for each in value] if isinstance(value, list) else value

    properties: dict[str, Any] = flat(alarm.properties)
    return properties


def key_of(name: str) -> str:
    """The row of the table: burns of one objective share one."""
    burning = next((each.name for each in OBJECTIVES if name in {alarm.name for alarm in burn_alarms(each)}), name)
    return name if name in WELL_AND_WRONG else burning


ALL = {alarm.name: alarm for alarm in catalogue.alarms()}


@pytest.mark.parametrize("name", ALL)
def test_an_alarm_is_off_when_all_is_well_and_on_when_it_is_not(prod: Assembly, name: str) -> None:
    alarm = flattened(prod, alarms(prod)[name])
    well, wrong = WELL_AND_WRONG[key_of(name)]
    defined = ALL[name]
    since_s = NOW_S - defined.period_s * defined.periods
    assert judge(alarm, series(well, since_s, wrong=False), NOW_S).state == "OK"
    assert judge(alarm, series(wrong, since_s, wrong=True), NOW_S).state == "ALARM"


@pytest.mark.parametrize("name", [name for name, alarm in ALL.items() if alarm.missing == "notBreaching"])
def test_a_stage_that_nobody_uses_has_no_alarm(prod: Assembly, name: str) -> None:
    if name in alarms(prod):
        judged = judge(flattened(prod, alarms(prod)[name]), series({}, NOW_S, wrong=False), NOW_S)
        assert judged.state == "OK"


@pytest.mark.parametrize(
    ("name", "failed"), [("delivery-failing", "DeliveriesFailed"), ("webhooks-failing", "WebhookDeliveries")]
)
def test_where_everything_fails_there_is_an_alarm_too(prod: Assembly, name: str, failed: str) -> None:
    def read(wanted: Wanted, timeline: Sequence[int]) -> Values:
        fails = wanted.name == failed and wanted.dimensions.get("outcome", "failed") == "failed"
        return dict.fromkeys(timeline, 50.0) if fails else {}

    assert judge(flattened(prod, alarms(prod)[name]), read, NOW_S).state == "ALARM"


def test_one_bad_period_wakes_nobody(prod: Assembly) -> None:
    alarm = flattened(prod, alarms(prod)["commands-failing"])

    def read(wanted: Wanted, timeline: Sequence[int]) -> Values:
        failed = {at: 50.0 if at == timeline[-1] else 0.0 for at in timeline}
        return failed if wanted.name == "CommandsFailed" else dict.fromkeys(timeline, 100.0)

    assert judge(alarm, read, NOW_S).state == "OK"


def test_a_few_events_say_nothing_about_a_share(prod: Assembly) -> None:
    alarm = flattened(prod, alarms(prod)["commands-failing"])
    values = {"Commands": 19.0, "CommandsFailed": 19.0}
    assert judge(alarm, series(values, 0, wrong=False), NOW_S).state == "OK"


def beside_their_resources(assembly: Assembly) -> list[Resource]:
    """Those of one metric; the one that takes a deployment back has its own test."""
    found = [each for each in assembly.of_type("CloudWatch::Alarm") if each.stack in {"service", "media", "operations"}]
    return [each for each in found if "MetricName" in each.properties]


def test_alarms_beside_their_resources_go_on_with_the_first_and_off_without(stage: Assembly) -> None:
    found = beside_their_resources(stage)
    assert {str(alarm["MetricName"]) for alarm in found} == {"ApproximateNumberOfMessagesVisible", "ExecutionsFailed"}
    for each in found:
        alarm, name = flattened(stage, each), str(each["MetricName"])
        since_s = NOW_S - alarm["Period"]
        for value, state in ((1.0, "ALARM"), (0.0, "OK")):
            assert judge(alarm, series({name: value}, since_s, wrong=False), NOW_S).state == state, each.logical_id
        assert judge(alarm, series({}, since_s, wrong=False), NOW_S).state == "OK"


def test_every_alarm_and_group_is_made_and_no_other(stage: Assembly) -> None:
    parts = {"local": {"cache"}, "dev": {"canary"}, "prod": {"backups", "cache", "canary", "capacity"}}[stage.stage]
    assert set(alarms(stage)) == {alarm.name for alarm in catalogue.alarms(parts)}
    composite = {str(each["AlarmName"]) for each in stage.of_type("CloudWatch::CompositeAlarm")}
    assert composite == {f"chat-{stage.stage}-{group.name}" for group in catalogue.groups(parts)}


def test_whatever_tells_somebody_tells_the_topic_when_it_begins_and_when_it_ends(stage: Assembly) -> None:
    (topic,) = [each for each in stage.of_type("SNS::Topic") if "alarms" in str(each["DisplayName"])]
    told = [
        *stage.of_type("CloudWatch::CompositeAlarm"),
        *(alarms(stage)[name] for name, alarm in ALL.items() if alarm.tells and name in alarms(stage)),
    ]
    for each in told:
        for actions in (each["AlarmActions"], each["OKActions"]):
            assert [stage.behind(each.stack, action) for action in actions] == [topic], each.logical_id


def test_an_alarm_that_tells_nobody_is_in_a_group_that_does() -> None:
    grouped = {name for group in catalogue.groups() for name in group.members}
    raising = {name for name, alarm in ALL.items() if alarm.raises}
    assert {name for name, alarm in ALL.items() if not alarm.tells} == grouped | raising


def test_what_raises_capacity_calls_its_review_when_it_begins_and_when_it_ends(prod: Assembly) -> None:
    review = prod.functions()["ops.capacity"]
    for name, alarm in alarms(prod).items():
        called = (
            [prod.text(alarm.stack, action) for action in (*alarm["AlarmActions"], *alarm["OKActions"])]
            if "AlarmActions" in alarm.properties
            else []
        )
        live = "{" + prod.label(review) + "/Live}"
        assert called == ([live] * 2 if ALL[name].raises else [call for call in called if call != live]), name


def test_only_alarms_of_the_stage_may_call_the_review(prod: Assembly) -> None:
    (permission,) = [
        each
        for each in prod.of_type("Lambda::Permission")
        if each["Principal"] == "lambda.alarms.cloudwatch.amazonaws.com"
    ]
    assert prod.text(permission.stack, permission["SourceArn"]).endswith(":alarm:chat-prod-*")
    assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}


def test_every_alarm_of_a_stage_says_how_urgent_it_is_and_has_a_runbook(stage: Assembly) -> None:
    for alarm in stage.of_type("CloudWatch::Alarm", "CloudWatch::CompositeAlarm"):
        told = stage.text(alarm.stack, alarm["AlarmDescription"])
        found = re.search(r"^\[(page|ticket)\] .* Runbook: (docs/runbooks/[a-z-]+\.md)$", told)
        assert found, told
        assert (ROOT / found[2]).is_file(), found[2]


def test_the_guide_to_monitoring_is_what_the_signals_say() -> None:
    assert PAGE.read_text() == page(), "run `make monitoring`"


def test_every_runbook_is_of_an_alarm() -> None:
    wanted = {alarm.runbook for alarm in catalogue.alarms()} | {group.runbook for group in catalogue.groups()}
    wanted |= {f"docs/runbooks/{name}.md" for name in BESIDE_THEIR_RESOURCES}
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs/runbooks").glob("*.md")}
    assert there - {"docs/runbooks/index.md"} == wanted


def test_every_metric_of_ours_has_a_meaning_and_every_one_of_aws_in_use_has_too() -> None:
    assert set(metrics.OWN) == set(signals.all_metrics())
    used = {
        (series.namespace, series.name)
        for measure in [
            *(alarm.measure for alarm in ALL.values()),
            *(line for dashboard in DASHBOARDS for panel in dashboard.panels for line in panel.lines),
        ]
        for series in inputs_of(measure)
        if series.namespace.startswith("AWS/")
    }
    assert used == set(metrics.AWS)


def test_every_metric_of_ours_is_on_a_dashboard() -> None:
    shown = {
        series.name
        for dashboard in DASHBOARDS
        for panel in dashboard.panels
        for line in panel.lines
        for series in inputs_of(line)
    }
    by_another = {
        "CapacityReviews",
        "ConnectionsOpened",
        "ConnectionsClosed",
        "CanaryRuns",
        "CommandsSlow",
        "DeliveriesSlow",
    }
    assert {metric.name for metric in signals.all_metrics()} - shown <= by_another


def test_dashboards_and_queries_are_made_as_they_are_defined(stage: Assembly) -> None:
    boards = {str(each["DashboardName"]): each for each in stage.of_type("CloudWatch::Dashboard")}
    assert set(boards) == {f"chat-{stage.stage}-{each.name}" for each in DASHBOARDS}
    for dashboard in DASHBOARDS:
        body = stage.text("observability", boards[f"chat-{stage.stage}-{dashboard.name}"]["DashboardBody"])
        titles = [widget["properties"].get("title") for widget in json.loads(body)["widgets"]]
        assert set(titles) >= {panel.title for panel in dashboard.panels}
    saved = {str(each["Name"]): each for each in stage.of_type("Logs::QueryDefinition")}
    assert {name.partition("/")[2] for name in saved} == {query.name for query in QUERIES}
    for query in saved.values():
        groups = [stage.behind(query.stack, each) for each in query["LogGroupNames"]]
        assert all(group and group.type == "AWS::Logs::LogGroup" for group in groups)


def test_no_metric_has_a_room_or_a_user_as_a_dimension() -> None:
    few = {"", "code", "path", "outcome", "operation", "variant", "quota", "direction", "vital", "part", "type"}
    assert {metric.dimension for metric in signals.all_metrics()} <= few


@pytest.mark.parametrize("mistake", [{"above": None}, {"below": 1.0}, {"breaches": 6}, {"period_s": 86_400}], ids=str)
def test_an_alarm_that_can_not_be_is_refused(mistake: dict[str, Any]) -> None:
    measure = ALL["errors-unusual"].measure
    sound = {"name": "any", "means": "", "severity": "page", "measure": measure, "above": 1.0}
    with pytest.raises(ValueError, match="Alarm any"):
        Alarm(**{**sound, **mistake})


def test_members_of_groups_are_alarms() -> None:
    assert {name for group in GROUPS for name in group.members} <= set(ALL)


def test_alarms_look_at_places_that_each_stage_has(stage: Assembly) -> None:
    for alarm in alarms(stage).values():
        for value in walk(alarm.properties):
            if isinstance(value, dict) and "Dimensions" in value:
                for dimension in value["Dimensions"]:
                    assert dimension["Value"], alarm["AlarmName"]
