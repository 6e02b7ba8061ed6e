"""Puts together what the operators' console reads, for one function instance. Uses boto3: far from the hot path."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
import msgspec
from botocore.config import Config

from chat.alerts import Watch
from chat.aws import wiring
from chat.aws.alarms import CloudWatchAlarms
from chat.aws.dashboards import DashboardReader
from chat.aws.dynamodb import DynamoDbTable
from chat.aws.inventory import Inventory
from chat.aws.metrics_reader import MetricsReader
from chat.aws.quota_usage import Quota, Usage
from chat.aws.survey import Survey
from chat.settings import Runtime
from chat.storage.audit import AuditTrail

PATIENCE = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2}, max_pool_connections=16)


@cache
def table() -> DynamoDbTable:
    """Where the audit trail is, and who looks after which alarm."""
    return DynamoDbTable(wiring.client(), wiring.settings().need("rooms_table"))


@cache
def watch() -> Watch:
    """Alarms, and who looks after them."""
    alarms = CloudWatchAlarms(_session().client("cloudwatch", config=PATIENCE), f"chat-{wiring.settings().stage}-")
    return Watch(alarms=alarms, table=table(), audit=AuditTrail(table()), ids=wiring.ids(), clock=wiring.clock())


@cache
def metrics() -> MetricsReader:
    """The stage's numbers."""
    client = _session().client("cloudwatch", config=PATIENCE)
    return MetricsReader(client, inventory(), wiring.settings().stage, wiring.clock())


@cache
def dashboards() -> DashboardReader:
    """The stage's dashboards."""
    client = _session().client("cloudwatch", config=PATIENCE)
    return DashboardReader(client, f"chat-{wiring.settings().stage}-", wiring.clock())


@cache
def survey() -> Survey:
    """What the stage runs on."""
    session = _session()
    return Survey(
        inventory=inventory(),
        dynamodb=session.client("dynamodb", config=PATIENCE),
        queues=session.client("sqs", config=PATIENCE),
        functions=session.client("lambda", config=PATIENCE),
        edge=session.client("cloudfront", config=PATIENCE),
        usage=Usage(
            quotas=msgspec.json.decode(wiring.settings().need("quotas"), type=list[Quota]),
            client=_client,
            clock=wiring.clock(),
        ),
        purges=wiring.purge_budget(),
        clock=wiring.clock(),
    )


@cache
def inventory() -> Inventory:
    """The stage's stacks."""
    stacks = wiring.settings().need("stacks").split(",")
    return Inventory(_session().client("cloudformation", config=PATIENCE), stacks, wiring.clock())


@cache
def _client(service: str) -> Any:  # noqa: ANN401  # one of boto3's many
    return _session().client(service, config=PATIENCE)  # type: ignore[call-overload]


@cache
def _session() -> boto3.Session:
    # The runtime's own variables say where an emulator is, as for every SDK.
    return boto3.Session(region_name=Runtime.from_env().region)
