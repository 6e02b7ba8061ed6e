"""Puts together what operators' oversight takes, for one function instance."""

from __future__ import annotations

from functools import cache

from chat.aws import wiring
from chat.oversight import Desk
from chat.storage.audit import AuditTrail


@cache
def desk() -> Desk:
    """The stage's."""
    return Desk(services=wiring.services(), audit=AuditTrail(wiring.rooms_table()), ids=wiring.ids())
