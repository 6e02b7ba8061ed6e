"""Dashboards as CloudWatch has them become queries, and its answers panels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chat.aws.dashboards import KEPT_MS, DashboardReader, entries
from chat.errors import UnavailableError
from chat.graphs import DashboardNotFoundError, Line
from simulation.world import ManualClock

AT = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
WIDGETS = [
    {"type": "text", "properties": {"markdown": "Start here."}},
    {"type": "alarm", "properties": {"title": "Alarms", "alarms": []}},
    {
        "type": "metric",
        "properties": {
            "view": "timeSeries",
            "title": "Share",
            "stacked": True,
            "yAxis": {"left": {"label": "%", "min": 0}},
            "metrics": [
                [{"label": "bad", "expression": "IF(FILL(whole, 0) > 0, part / whole, 0)", "period": 60}],
                ["Chat", "Failed", "stage", "test", {"id": "part", "visible": False, "stat": "Sum", "period": 60}],
                ["Chat", "All", "stage", "test", {"id": "whole", "visible": False, "stat": "Sum", "period": 60}],
            ],
        },
    },
    {
        "type": "metric",
        "properties": {
            "view": "singleValue",
            "title": "Sockets",
            "metrics": [["Chat", "Sockets", {"label": "open", "stat": "Maximum"}]],
        },
    },
]


class FixedCloudWatch:
    """Answers each query with its number in the request, in two pages."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.refuses: str | None = None

    def get_dashboard(self, **asked: str) -> dict[str, Any]:
        if self.refuses:
            raise ClientError({"Error": {"Code": self.refuses}}, "GetDashboard")
        assert asked["DashboardName"] == "chat-test-service"
        return {"DashboardBody": json.dumps({"widgets": WIDGETS})}

    def get_paginator(self, operation: str) -> FixedCloudWatch:
        self.operation = operation
        return self

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        if self.operation == "list_dashboards":
            yield {"DashboardEntries": [{"DashboardName": "chat-test-service"}, {"DashboardName": "chat-test-cost"}]}
            return
        self.asked.append(asked)
        for half in range(2):
            shown = [query["Id"] for query in asked["MetricDataQueries"] if query["ReturnData"]]
            yield {
                "MetricDataResults": [
                    {"Id": name, "Timestamps": [AT], "Values": [float(number + half)]}
                    for number, name in enumerate(shown)
                ]
            }


def reader(client: FixedCloudWatch, clock: ManualClock | None = None) -> DashboardReader:
    return DashboardReader(client, "chat-test-", clock or ManualClock())  # type: ignore[arg-type]  # a double


def test_dashboards_are_named_as_the_stage_names_them() -> None:
    assert reader(FixedCloudWatch()).names().names == ["cost", "service"]


def test_each_panel_has_its_lines_from_all_pages_and_formulas_their_own_inputs() -> None:
    client = FixedCloudWatch()
    found = reader(client).read("service", 3)
    assert (found.about, [panel.title for panel in found.panels]) == ("Start here.", ["Share", "Sockets"])
    share, sockets = found.panels
    assert (share.shows, share.unit, share.period_s) == ("areas", "%", 60)
    at_s = round(AT.timestamp())
    assert share.lines == [Line(label="bad", at_s=[at_s, at_s], values=[0.0, 1.0])]
    assert (sockets.shows, sockets.lines[0].label, sockets.lines[0].values) == ("number", "open", [1.0, 2.0])
    ((asked,)) = client.asked
    formula = next(query for query in asked["MetricDataQueries"] if "Expression" in query)
    assert formula["Expression"] == "IF(FILL(p0_whole, 0) > 0, p0_part / p0_whole, 0)"
    assert (asked["EndTime"] - asked["StartTime"]).total_seconds() == 3 * 3_600


def test_an_entry_of_a_widget_is_a_query_of_its_metric() -> None:
    (wanted,) = entries("p", [["Chat", "Deliveries", "path", "direct", "stage", "test", {"stat": "p99", "label": "x"}]])
    of = [{"Name": "path", "Value": "direct"}, {"Name": "stage", "Value": "test"}]
    metric = {"Namespace": "Chat", "MetricName": "Deliveries", "Dimensions": of}
    stat = {"Metric": metric, "Period": 300, "Stat": "p99"}
    assert wanted.query == {"Id": "pe0", "ReturnData": True, "MetricStat": stat}


def test_numbers_are_kept_for_a_minute() -> None:
    client, clock = FixedCloudWatch(), ManualClock()
    dashboards = reader(client, clock)
    dashboards.read("service", 3)
    dashboards.read("service", 3)
    assert len(client.asked) == 1
    dashboards.read("service", 1)
    clock.pass_ms(KEPT_MS)
    dashboards.read("service", 3)
    assert len(client.asked) == 3


@pytest.mark.parametrize(
    ("code", "error"), [("ResourceNotFound", DashboardNotFoundError), ("Throttling", UnavailableError)]
)
def test_what_cloudwatch_refuses_is_told_apart(code: str, error: type[Exception]) -> None:
    client = FixedCloudWatch()
    client.refuses = code
    with pytest.raises(error):
        reader(client).read("service", 3)
