"""How long calls of the database take, and which took too long: by operation and kind of item, never by user."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from chat import signals
from chat.aws.calls import Response
from chat.coalescing import Intervals

SLOW_MS = 100
"""Ten times what a call of DynamoDB takes at the 99th percentile."""

SAID_MS = 1_000
"""How often a slow call of the same kind is a line in the log: an outage must not cost one a call."""

_said = Intervals()

logger = logging.getLogger(__name__)


def note(table: str, operation: str, bodies: Sequence[Mapping[str, Any]], answers: Sequence[Response]) -> None:
    """Takes the times of calls that were made together."""
    for body, answer in zip(bodies, answers, strict=True):
        signals.DATABASE_LATENCY.observe(round(answer.elapsed_ms, 1), of=operation)
        if answer.elapsed_ms > SLOW_MS:
            signals.DATABASE_SLOW.add()
            _say(table, operation, kind_of(body), answer.elapsed_ms)


def _say(table: str, operation: str, kind: str, elapsed_ms: float) -> None:
    if _said.take((table, operation, kind), SAID_MS, time.monotonic_ns() // 1_000_000):
        about = {"table": table, "operation": operation, "kind": kind, "elapsed_ms": round(elapsed_ms, 1)}
        logger.warning("slow query", extra=about)


def kind_of(body: Mapping[str, Any]) -> str:
    """How the partition key of a request's item begins (`chat.storage.keys`); "several" where it has no single one."""
    key = body.get("Key") or body.get("Item") or {}
    partition = key.get("pk") or body.get("ExpressionAttributeValues", {}).get(":pk") or {}
    return str(partition.get("S", "several")).partition("#")[0]
