"""Puts together what the operators' console reads, for one function instance. Uses boto3: far from the hot path."""

from __future__ import annotations

from functools import cache, partial

import msgspec
from botocore.config import Config

from chat.alerts import Watch
from chat.aws import boto, wiring
from chat.aws.alarms import CloudWatchAlarms
from chat.aws.dashboards import DashboardReader
from chat.aws.inventory import Inventory
from chat.aws.metrics_reader import MetricsReader
from chat.aws.quota_usage import Quota, Usage
from chat.aws.survey import Survey
from chat.storage.audit import AuditTrail

PATIENCE = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2}, max_pool_connections=16)


@cache
def watch() -> Watch:
    """Alarms, and who looks after them."""
    alarms = CloudWatchAlarms(boto.client("cloudwatch", PATIENCE), f"chat-{wiring.settings().stage}-")
    table = wiring.rooms_table()
    return Watch(alarms=alarms, table=table, audit=AuditTrail(table), ids=wiring.ids(), clock=wiring.clock())


@cache
def metrics() -> MetricsReader:
    """The stage's numbers."""
    client = boto.client("cloudwatch", PATIENCE)
    return MetricsReader(client, inventory(), wiring.settings().stage, wiring.clock())


@cache
def dashboards() -> DashboardReader:
    """The stage's dashboards."""
    client = boto.client("cloudwatch", PATIENCE)
    return DashboardReader(client, f"chat-{wiring.settings().stage}-", wiring.clock())


@cache
def survey() -> Survey:
    """What the stage runs on."""
    return Survey(
        inventory=inventory(),
        dynamodb=boto.client("dynamodb", PATIENCE),
        queues=boto.client("sqs", PATIENCE),
        functions=boto.client("lambda", PATIENCE),
        edge=boto.client("cloudfront", PATIENCE),
        usage=Usage(
            quotas=msgspec.json.decode(wiring.settings().need("quotas"), type=list[Quota]),
            client=partial(boto.client, patience=PATIENCE),
            clock=wiring.clock(),
        ),
        purges=wiring.purge_budget(),
        clock=wiring.clock(),
    )


@cache
def inventory() -> Inventory:
    """The stage's stacks."""
    stacks = wiring.settings().need("stacks").split(",")
    return Inventory(boto.client("cloudformation", PATIENCE), stacks, wiring.clock())
