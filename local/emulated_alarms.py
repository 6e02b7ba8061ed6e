"""What is changed in the emulator's CloudWatch before it starts, as in `local.adaptations`: alarms as AWS judges them.

There, an alarm adds up a metric's values whatever their dimensions are, knows no metric math, no bands and no missing
data; and CloudFormation has neither composite alarms nor saved queries. Knows nothing of the chat.
"""

# ruff: noqa: SLF001  # the emulator has no public interface for any of this

from __future__ import annotations

import inspect
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

from local.adaptations import Created, Properties, expect, succeed
from local.alarm_states import judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.alarm_states import Wanted
    from local.metric_math import Values

KEPT = ("Metrics", "ThresholdMetricId", "DatapointsToAlarm")
"""What a template says of an alarm beyond one metric, and the emulator forgets."""

LATE_S = 3_600
"""How late a value may be put: values are kept in the order in which they come, and read from the newest one on."""

STORED_QUERIES: dict[str, Properties] = {}
"""Saved queries by their ids: there is nowhere else to keep them."""


def adapt_alarms() -> None:
    """Makes all of these changes. Raises `LocalError` where the emulator is not as they know it."""
    judge_alarms_as_aws_does()
    keep_metric_math()
    add_composite_alarms()
    add_saved_queries()


def judge_alarms_as_aws_does() -> None:
    """By the metric's own dimensions, by metric math or a band, period by period, with missing data as it says."""
    source = inspect.getsource(cloudwatch._evaluate_alarm)
    expect("for (k_ns, k_mn, _), pts in _metrics.items()" in source, "it judges alarms in another way")
    cloudwatch._evaluate_alarm = judge_alarm


def judge_alarm(alarm: dict[str, Any]) -> None:
    """Gives an alarm the state that it should be in now, and tells whoever it tells."""
    judged = judge(alarm, read_metric, int(time.time()) + 1)  # with what was put this second
    before = alarm["StateValue"]
    if judged.state == before:
        return
    reason = f"Threshold Crossed: {list(judged.points)} in the last periods"
    alarm["StateValue"], alarm["StateReason"] = judged.state, reason
    alarm["StateUpdatedTimestamp"] = int(time.time())
    cloudwatch._record_history(alarm["AlarmName"], before, judged.state, reason)
    cloudwatch._dispatch_alarm_actions(alarm, before, judged.state, reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def read_metric(wanted: Wanted, timeline: Sequence[int]) -> Values:
    """The values of one metric, as it was put, in the periods that begin at these seconds."""
    key = (wanted.namespace, wanted.name, cloudwatch._dims_key(dict(wanted.dimensions)))
    points = defaultdict(list)
    first = timeline[0]
    for point in reversed(cloudwatch._metrics.get(key) or []):
        at = int((point["Timestamp"] - first) // wanted.period_s)
        if point["Timestamp"] < first - LATE_S:
            break
        if 0 <= at < len(timeline):
            points[timeline[at]].append(point)
    values = {
        at: cloudwatch._stat_value(cloudwatch._calc_stats(found), wanted.statistic, found)
        for at, found in points.items()
    }
    return {at: float(value) for at, value in values.items() if value is not None}


def keep_metric_math() -> None:
    """An alarm made by CloudFormation keeps what it is judged by."""
    record = provisioners._cw_metric_alarm_record
    expect("(metric math) is not supported" in inspect.getsource(record), "its alarms have metric math now")

    def record_completely(name: str, properties: Properties) -> dict[str, Any]:
        if not properties.get("Metrics"):
            alarm: dict[str, Any] = record(name, properties)
            return alarm
        one = {"MetricName": "-", "Namespace": "-", "Threshold": 0}
        alarm = record(name, {**one, **properties, "Metrics": []})
        kept = {key: value for key, value in alarm.items() if key not in one or key in properties}
        return kept | {key: properties[key] for key in KEPT if key in properties}

    provisioners._cw_metric_alarm_record = record_completely


def add_composite_alarms() -> None:
    """CloudFormation there has no AWS::CloudWatch::CompositeAlarm, though its API has."""
    kind = "AWS::CloudWatch::CompositeAlarm"
    expect(kind not in provisioners._RESOURCE_HANDLERS, f"it has {kind} now")
    provisioners._RESOURCE_HANDLERS[kind] = {
        "create": lambda _logical_id, properties, _stack: put_composite_alarm(properties),
        "update": lambda _physical_id, _old, new, _stack: put_composite_alarm(new),
        "delete": delete_composite_alarm,
    }


def put_composite_alarm(properties: Properties) -> Created:
    """Creates or changes a composite alarm from its CloudFormation properties."""
    _succeed(cloudwatch._put_composite_alarm({}, properties, is_cbor=False, is_json=True))
    name = properties["AlarmName"]
    return name, {"Arn": cloudwatch._composite_alarms[name]["AlarmArn"]}


def delete_composite_alarm(name: str, _properties: Properties) -> None:
    """Deletes what `put_composite_alarm` made; one that is gone already is none."""
    cloudwatch._composite_alarms.pop(name, None)


def add_saved_queries() -> None:
    """CloudFormation there has no AWS::Logs::QueryDefinition, and its logs keep no questions: the templates do."""
    kind = "AWS::Logs::QueryDefinition"
    expect(kind not in provisioners._RESOURCE_HANDLERS, f"it has {kind} now")

    def create(_logical_id: str, properties: Properties, stack: str) -> Created:
        query = f"{stack}/{properties['Name']}"
        STORED_QUERIES[query] = properties
        return query, {"QueryDefinitionId": query}

    provisioners._RESOURCE_HANDLERS[kind] = {
        "create": create,
        "update": lambda _physical_id, _old, new, stack: create("", new, stack),
        "delete": lambda physical_id, _properties: STORED_QUERIES.pop(physical_id, None),
    }


def _succeed(answer: tuple[int, dict[str, str], bytes | str]) -> None:
    status, headers, body = answer
    succeed((status, headers, body if isinstance(body, bytes) else body.encode()))
