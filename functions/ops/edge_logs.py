"""Once an hour: what viewers were served, from the files that CloudFront has left since.

CloudFront delivers a file within minutes, seldom a day late. So each run looks at today's and yesterday's (UTC), and
leaves out those that were counted before. A file is claimed after it was read and before it is counted: what a run that
dies had claimed is missing, and nothing is ever counted twice.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from chat import log, signals
from chat.aws import edge_logs, wiring
from chat.edge_log import DamagedLogError, Views

logger = logging.getLogger(__name__)

LEFT_MS = 20_000
"""A run begins no other file when it has less time than this; the next one goes on."""


@log.invocations
def handle(_event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ANN401  # Lambda's own
    """How many files were counted, and how many were damaged."""
    now_ms = wiring.clock().now_ms()
    today = datetime.fromtimestamp(now_ms / 1000, UTC)
    told = {"read": 0, "damaged": 0}
    for day in (today - timedelta(days=1), today):
        for outcome in _count_day(day.strftime("%Y-%m-%d"), now_ms, context):
            told[outcome] += 1
            signals.EDGE_LOGS.add(of=outcome)
    return told


def _count_day(day: str, now_ms: int, context: Any) -> Iterator[str]:  # noqa: ANN401
    known = wiring.read_logs().of(day)
    for name in edge_logs.bucket().of(day):
        if context.get_remaining_time_in_millis() < LEFT_MS:
            return
        if name in known:
            continue
        views = _read(name)
        if wiring.read_logs().claim(day, name, now_ms):
            yield _tell(name, views)


def _read(name: str) -> Views | None:
    """None for a file that is damaged, which it will be the next time as well."""
    try:
        return edge_logs.bucket().read(name)
    except DamagedLogError:
        logger.exception("log of CloudFront is damaged", extra={"file": name})
        return None


def _tell(name: str, views: Views | None) -> str:
    if views is None:
        return "damaged"
    if views.damaged:
        logger.warning("lines of a log are damaged", extra={"file": name, "lines": views.damaged})
    views.tell()
    return "read"
