"""What a function instance tells of its cache: counts to CloudWatch, and crowds to whoever warms rooms."""

from __future__ import annotations

import logging

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from chat.caching import tasks
from chat.caching.counts import Counts
from chat.caching.tasks import WarmingDue
from chat.errors import UnavailableError
from chat.ports import Clock, Queue

NAMESPACE = "Chat/Cache"

REPORT_MS = 10_000
"""How often one instance tells what it has counted. A line after each invocation would cost more than all it counts."""

logger = logging.getLogger(__name__)


class Reporter:
    """Tells CloudWatch of counts, by a line in the log (embedded metric format): no call, and seldom."""

    def __init__(self, counts: Counts, clock: Clock, stage: str) -> None:
        self._counts = counts
        self._clock = clock
        self._stage = stage
        self._told_at_ms = 0

    def report(self) -> None:
        """At the end of an invocation; nothing where the last one was less than `REPORT_MS` ago."""
        now_ms = self._clock.now_ms()
        if now_ms - self._told_at_ms < REPORT_MS:
            return
        counted = self._counts.take()
        if not counted:
            return
        self._told_at_ms = now_ms
        metrics = EphemeralMetrics(namespace=NAMESPACE)
        metrics.add_dimension("stage", self._stage)
        for name, number in counted.items():
            metrics.add_metric(name, MetricUnit.Count, number)
        metrics.flush_metrics()


class Crowds:
    """Has rooms that crowds come to brought into the cache. What fails here is no loss: members are read one by one."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def __call__(self, room: str) -> None:
        """Asks for one room. Never raises."""
        try:
            self._queue.send([tasks.encode(WarmingDue(room))])
        except UnavailableError:
            logger.warning("room not warmed", extra={"room": room})
