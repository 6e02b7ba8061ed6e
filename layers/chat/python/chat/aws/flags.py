"""Puts together what setting feature flags takes, for one function instance."""

from __future__ import annotations

from functools import cache

from chat.aws import wiring
from chat.flag_settings import Desk
from chat.storage.audit import AuditTrail


@cache
def desk() -> Desk:
    """Where operators' words are taken."""
    return Desk(
        rules=wiring.flag_rules(), audit=AuditTrail(wiring.rooms_table()), ids=wiring.ids(), clock=wiring.clock()
    )
