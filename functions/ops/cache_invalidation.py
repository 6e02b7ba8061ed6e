"""Queues of what makes caches stale, or warm: operators' words, crowds, deployments, and events of rooms."""

from __future__ import annotations

from typing import Any

from chat import log, upkeep
from chat.aws import batches, cache, wiring


@log.invocations
def handle(event: batches.Event, _context: object) -> dict[str, Any]:
    """Safe to repeat. What could not be written down is received again; past the queue's count it is a dead letter."""
    answer = batches.answer(event, lambda record: upkeep.carry_out(cache.upkeep(), record["body"].encode()))
    wiring.cache_reporter().report()
    return answer
