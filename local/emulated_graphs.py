"""What is changed in the emulator's CloudWatch before it starts, as in `local.adaptations`: numbers behind graphs.

There, GetMetricData knows no metric math, and gives the oldest value first whatever it is asked for. Knows nothing of
the chat.
"""

# ruff: noqa: SLF001  # the emulator has no public interface for any of this

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from ministack.services import cloudwatch

from local.adaptations import expect
from local.alarm_states import Wanted
from local.emulated_alarms import read_metric
from local.metric_math import Formula, Values

DEFAULT_PERIOD_S = 300
"""Of a formula that names none (CloudWatch)."""

Asked = Mapping[str, Any]
Answer = tuple[int, dict[str, str], bytes]


def adapt_graphs() -> None:
    """Makes this change. Raises `LocalError` where the emulator is not as it knows it."""
    original = cloudwatch._get_metric_data
    expect("Expressions not implemented" in inspect.getsource(original), "it knows metric math now")

    def get_metric_data(params: Asked, asked: Asked, is_cbor: bool, is_json: bool = False) -> Answer:  # noqa: FBT001, FBT002  # as it is called
        if not (is_cbor or is_json):
            answer: Answer = original(params, asked, is_cbor, is_json)
            return answer
        results = list(metric_data(asked))
        if is_cbor:
            results = [cloudwatch._cbor_metric_data_result(each) for each in results]
        answered: Answer = (cloudwatch._cbor_ok if is_cbor else cloudwatch._json_ok)({"MetricDataResults": results})
        return answered

    cloudwatch._get_metric_data = get_metric_data


def metric_data(asked: Asked) -> list[dict[str, Any]]:
    """What is answered to one request, for each query whose data is to be returned."""
    queries = {str(each["Id"]): each for each in asked["MetricDataQueries"]}
    begin_s, end_s = (cloudwatch._parse_ts(asked[name]) for name in ("StartTime", "EndTime"))
    is_descending = asked.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    return [
        _result(query, _value(query, queries, begin_s, end_s), is_descending=is_descending)
        for query in queries.values()
        if query.get("ReturnData", True) is not False
    ]


def _result(query: Asked, values: Values, *, is_descending: bool) -> dict[str, Any]:
    times = sorted(values, reverse=is_descending)
    return {
        "Id": query["Id"],
        "Label": query.get("Label", query["Id"]),
        "Timestamps": [cloudwatch._ts_iso(at) for at in times],
        "Values": [values[at] for at in times],
        "StatusCode": "Complete",
    }


def _value(query: Asked, queries: Mapping[str, Asked], begin_s: float, end_s: float) -> Values:
    timeline = _timeline(_period_s(query), begin_s, end_s)
    if not timeline:
        return {}
    if "MetricStat" in query:
        return read_metric(_wanted(query["MetricStat"]), timeline)
    inputs = {
        name: read_metric(_wanted(each["MetricStat"]), timeline)
        for name, each in queries.items()
        if "MetricStat" in each and name in str(query["Expression"])
    }
    return Formula(inputs, timeline).evaluate(str(query["Expression"]))


def _period_s(query: Asked) -> int:
    stated = query["MetricStat"]["Period"] if "MetricStat" in query else query.get("Period", DEFAULT_PERIOD_S)
    return int(stated)


def _timeline(period_s: int, begin_s: float, end_s: float) -> Sequence[int]:
    """The beginnings of all periods that have a moment of the time asked for: whole minutes, whole hours."""
    return range(int(begin_s // period_s) * period_s, int(end_s), period_s)


def _wanted(stat: Asked) -> Wanted:
    metric = stat["Metric"]
    dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions") or []}
    return Wanted(metric["Namespace"], metric["MetricName"], dimensions, stat["Stat"], int(stat["Period"]))
