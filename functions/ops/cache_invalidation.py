"""Queues of what makes caches stale, or warm: operators' words, crowds, deployments, and events of rooms.

It runs beside the cache, so it is also who can say how that is: `ops.health` calls it with `probes.CACHE_QUESTION`.
"""

from __future__ import annotations

from typing import Any

from chat import log, upkeep
from chat.aws import batches, cache, probes, wiring


@log.invocations
def handle(event: batches.Event, _context: object) -> dict[str, Any]:
    """Safe to repeat. What could not be written down is received again; past the queue's count it is a dead letter."""
    if event == probes.CACHE_QUESTION:
        return probes.tell(lambda: upkeep.reach(cache.upkeep()))
    answer = batches.answer(event, lambda record: upkeep.carry_out(cache.upkeep(), record["body"].encode()))
    wiring.cache_reporter().report()
    return answer
