"""Puts together what operators' oversight takes, for one function instance."""

from __future__ import annotations

from functools import cache

from chat.aws import wiring
from chat.aws.dynamodb import DynamoDbTable
from chat.oversight import Desk
from chat.storage.audit import AuditTrail


@cache
def desk() -> Desk:
    """The stage's."""
    table = DynamoDbTable(wiring.client(), wiring.settings().need("rooms_table"))
    return Desk(services=wiring.services(), audit=AuditTrail(table), ids=wiring.ids())
