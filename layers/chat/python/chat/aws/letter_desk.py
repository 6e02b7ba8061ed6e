"""Puts together what looking after dead letters takes, for one function instance."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from chat.aws import wiring
from chat.aws.dead_letters.office import SqsLetterOffice
from chat.aws.dynamodb import DynamoDbTable
from chat.dead_letters import Desk
from chat.settings import Runtime
from chat.storage.audit import AuditTrail

PATIENCE = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 2}, max_pool_connections=16)
"""A function that letters are given to again may take its time."""


@cache
def desk() -> Desk:
    """The stage's."""
    settings = wiring.settings()
    bucket, _, prefix = settings.need("discarded_letters").partition("/")
    office = SqsLetterOffice(stage=settings.stage, client=_client, discarded=(bucket, prefix))
    table = DynamoDbTable(wiring.client(), settings.need("rooms_table"))
    return Desk(office=office, audit=AuditTrail(table), ids=wiring.ids(), clock=wiring.clock())


@cache
def _client(service: str) -> Any:  # noqa: ANN401  # one of boto3's many
    runtime = Runtime.from_env()
    # The runtime's own variables say where an emulator is, as for every SDK.
    return boto3.Session(region_name=runtime.region).client(service, config=PATIENCE)  # type: ignore[call-overload]
