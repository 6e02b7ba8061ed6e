"""Metrics of a function instance on their way to CloudWatch: lines in its log (embedded metric format), no calls.

CloudWatch makes metrics of such a line by itself; the log's ingestion is all that it costs beside the metrics. An
instance that is seldom used tells all it has at the end of each invocation, a busy one adds up for `REPORT_MS`. What
an instance has added up when Lambda ends it is lost: the numbers of that time at most.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import orjson

from chat import signals
from chat.signals import Reading

NAMESPACE = "Chat"

REPORT_MS = 10_000
"""How often a busy instance tells what it has. A line after each invocation would cost more than all that it counts."""

BURST = 6
"""Reports that an instance may make at once before it has to wait: whoever watches a quiet stage misses nothing."""


class MetricReporter:
    """Tells CloudWatch of `chat.signals`, seldom enough. `now_ms` is the time."""

    def __init__(self, stage: str, now_ms: Callable[[], int]) -> None:
        self._stage = stage
        self._now_ms = now_ms
        self._looked_at_ms = now_ms()
        self._saved_ms = BURST * REPORT_MS

    def report(self) -> None:
        """At the end of an invocation. Nothing where nothing was counted, or enough was told lately."""
        now_ms = self._now_ms()
        self._saved_ms = min(BURST * REPORT_MS, self._saved_ms + now_ms - self._looked_at_ms)
        self._looked_at_ms = now_ms
        if self._saved_ms < REPORT_MS:
            return
        written = list(lines(signals.take(), self._stage, now_ms))
        if written:
            self._saved_ms -= REPORT_MS
            sys.stdout.write("".join(written))
            sys.stdout.flush()


def lines(readings: Sequence[Reading], stage: str, at_ms: int) -> Iterator[str]:
    """A line for the metrics without a dimension of their own, and one for each value of each dimension.

    What has a dimension is a metric without it, too, so that alarms need not add up.
    """
    groups: defaultdict[tuple[str, str], list[Reading]] = defaultdict(list)
    for reading in readings:
        groups[reading.dimension, reading.of].append(reading)
    for (dimension, of), group in groups.items():
        yield orjson.dumps(_line(dimension, of, group, stage, at_ms)).decode() + "\n"


def _line(dimension: str, of: str, group: Sequence[Reading], stage: str, at_ms: int) -> dict[str, object]:
    own = {dimension: of} if dimension else {}
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [["stage"], ["stage", dimension]] if dimension else [["stage"]],
        "Metrics": [{"Name": reading.name, "Unit": reading.unit} for reading in group],
    }
    values = {reading.name: reading.values for reading in group}
    return {"_aws": {"Timestamp": at_ms, "CloudWatchMetrics": [directive]}, "stage": stage, **own, **values}
