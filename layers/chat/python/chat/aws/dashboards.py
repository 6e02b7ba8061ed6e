"""The stage's dashboards out of CloudWatch: which panels there are, as they were deployed, and the numbers behind them.

A dashboard's numbers cost $0.01 for each 1,000 of its metrics (GetMetricData), so an instance keeps them for `KEPT_MS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from chat.errors import UnavailableError
from chat.graphs import Dashboard, DashboardNotFoundError, Dashboards, Line, Panel
from chat.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

KEPT_MS = 60_000
DEFAULT_PERIOD_S = 300
"""Of a metric that names none (CloudWatch)."""

ABSENT = frozenset({"ResourceNotFound", "DashboardNotFoundError", "ResourceNotFoundException"})


@dataclass(frozen=True)
class Wanted:
    """One entry of a panel: a query of GetMetricData, and what a graph calls it. Inputs of formulas are not `shown`."""

    query: Mapping[str, Any]
    label: str
    shown: bool
    period_s: int


class DashboardReader:
    """Dashboards whose names begin with `prefix`. Everything raises `UnavailableError`."""

    def __init__(self, client: CloudWatchClient, prefix: str, clock: Clock) -> None:
        self._client = client
        self._prefix = prefix
        self._clock = clock
        self._kept: dict[tuple[str, int], Dashboard] = {}

    def names(self) -> Dashboards:
        """All of the stage: a call."""
        try:
            pages = self._client.get_paginator("list_dashboards").paginate(DashboardNamePrefix=self._prefix)
            found = [entry["DashboardName"] for page in pages for entry in page["DashboardEntries"]]
        except (BotoCoreError, ClientError) as error:
            raise _unavailable() from error
        return Dashboards(names=sorted(name.removeprefix(self._prefix) for name in found))

    def read(self, name: str, hours: int) -> Dashboard:
        """One of them, at most `KEPT_MS` old: two calls. Raises `DashboardNotFoundError`."""
        now_ms = self._clock.now_ms()
        kept = self._kept.get((name, hours))
        if kept is None or now_ms - kept.read_at_ms >= KEPT_MS:
            try:
                kept = self._read(name, hours, now_ms)
            except (BotoCoreError, ClientError) as error:
                raise _unavailable() from error
            self._kept[name, hours] = kept
        return kept

    def _read(self, name: str, hours: int, now_ms: int) -> Dashboard:
        widgets = self._widgets(name)
        about = next((each["properties"]["markdown"] for each in widgets if each["type"] == "text"), "")
        graphs = [each["properties"] for each in widgets if each["type"] == "metric"]
        wanted = [list(entries(f"p{at}_", graph["metrics"])) for at, graph in enumerate(graphs)]
        values = self._values([each for several in wanted for each in several], hours, now_ms)
        panels = [_panel(graph, several, values) for graph, several in zip(graphs, wanted, strict=True)]
        return Dashboard(name=name, about=about, hours=hours, read_at_ms=now_ms, panels=panels)

    def _widgets(self, name: str) -> list[dict[str, Any]]:
        try:
            body = self._client.get_dashboard(DashboardName=f"{self._prefix}{name}")["DashboardBody"]
        except ClientError as error:
            if error.response["Error"]["Code"] in ABSENT:
                raise DashboardNotFoundError(f"There is no dashboard {name}.") from error
            raise
        widgets: list[dict[str, Any]] = json.loads(body)["widgets"]
        return widgets

    def _values(self, wanted: Sequence[Wanted], hours: int, now_ms: int) -> dict[str, Line]:
        """By the ids of queries."""
        end = datetime.fromtimestamp(now_ms / 1_000, UTC)
        queries: list[Any] = [each.query for each in wanted]
        found: dict[str, Line] = {}
        pages = self._client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries,
            StartTime=end - timedelta(hours=hours),
            EndTime=end,
            ScanBy="TimestampAscending",
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                line = found.setdefault(result["Id"], Line(label="", at_s=[], values=[]))
                line.at_s.extend(round(at.timestamp()) for at in result["Timestamps"])
                line.values.extend(result["Values"])
        return found


def entries(prefix: str, metrics: Sequence[Sequence[Any]]) -> Iterator[Wanted]:
    """The metrics of a widget as queries, whose ids all begin with `prefix`, in formulas too."""
    ids = {more["id"] for *_, more in metrics if isinstance(more, dict) and "id" in more}
    for at, (*place, more) in enumerate(metrics):
        shown = more.get("visible", True) is not False
        period_s = int(more.get("period", DEFAULT_PERIOD_S))
        query: dict[str, Any] = {"Id": prefix + more.get("id", f"e{at}"), "ReturnData": shown}
        if "expression" in more:
            query |= {"Expression": _renamed(more["expression"], ids, prefix), "Period": period_s}
        else:
            query["MetricStat"] = {"Metric": _metric(place), "Period": period_s, "Stat": more["stat"]}
        yield Wanted(query, more.get("label", ""), shown, period_s)


def _metric(place: Sequence[str]) -> dict[str, Any]:
    namespace, name, *dimensions = place
    pairs = zip(dimensions[::2], dimensions[1::2], strict=True)
    of = [{"Name": dimension, "Value": value} for dimension, value in pairs]
    return {"Namespace": namespace, "MetricName": name, "Dimensions": of}


def _renamed(formula: str, ids: set[str], prefix: str) -> str:
    return re.sub(r"\b[a-z]\w*\b", lambda word: prefix + word[0] if word[0] in ids else word[0], formula)


def _panel(graph: Mapping[str, Any], wanted: Sequence[Wanted], values: Mapping[str, Line]) -> Panel:
    shows: Literal["lines", "areas", "number"] = "areas" if graph.get("stacked") else "lines"
    if graph["view"] == "singleValue":
        shows = "number"
    nothing = Line(label="", at_s=[], values=[])
    lines = [(each.label, values.get(each.query["Id"], nothing)) for each in wanted if each.shown]
    return Panel(
        title=graph["title"],
        shows=shows,
        unit=graph.get("yAxis", {}).get("left", {}).get("label", ""),
        period_s=max((each.period_s for each in wanted if each.shown), default=DEFAULT_PERIOD_S),
        lines=[Line(label=label, at_s=line.at_s, values=line.values) for label, line in lines],
    )


def _unavailable() -> UnavailableError:
    return UnavailableError("CloudWatch does not answer right now; try again.", retry_after_ms=1_000)
