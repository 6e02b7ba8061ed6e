"""Puts together what looking after dead letters takes, for one function instance."""

from __future__ import annotations

from functools import cache, partial

from botocore.config import Config

from chat.aws import boto, wiring
from chat.aws.dead_letters.office import SqsLetterOffice
from chat.dead_letters import Desk
from chat.storage.audit import AuditTrail

PATIENCE = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 2}, max_pool_connections=16)
"""A function that letters are given to again may take its time."""


@cache
def desk() -> Desk:
    """The stage's."""
    settings = wiring.settings()
    bucket, _, prefix = settings.need("discarded_letters").partition("/")
    office = SqsLetterOffice(
        stage=settings.stage, client=partial(boto.client, patience=PATIENCE), discarded=(bucket, prefix)
    )
    return Desk(office=office, audit=AuditTrail(wiring.rooms_table()), ids=wiring.ids(), clock=wiring.clock())
