"""Puts together what the upkeep of the cache takes, for one function instance."""

from __future__ import annotations

from functools import cache

from chat.aws import wiring
from chat.aws.queues import SqsQueue
from chat.storage.audit import AuditTrail
from chat.upkeep import Desk, Upkeep


@cache
def desk() -> Desk:
    """Where operators' words are taken."""
    queue = SqsQueue(wiring.client(), wiring.settings().need("cache_queue_url"))
    return Desk(audit=AuditTrail(wiring.rooms_table()), queue=queue, ids=wiring.ids(), clock=wiring.clock())


@cache
def upkeep() -> Upkeep:
    """Who works it off."""
    return Upkeep(
        tiers=wiring.tiers(),
        rooms=wiring.rooms(),
        members=wiring.members(),
        messages=wiring.messages(),
        clock=wiring.clock(),
    )
