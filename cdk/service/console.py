"""What operators see of the stage: `/api/metrics`, `/api/infrastructure`, `/api/monitoring` and `/api/audit`."""

from __future__ import annotations

import aws_cdk as cdk

from cdk.config import StageConfig
from cdk.constructs.function import Platform
from cdk.constructs.http_api import HttpApi
from cdk.constructs.permissions import Pattern, pattern_in
from cdk.constructs.websocket import WebSocket
from cdk.service.answers import allow_answers
from cdk.service.identity import Identity
from cdk.service.partitions import ACKNOWLEDGED, AUDIT, PURGES, only
from cdk.service.quotas import allow_quotas, watched_quotas
from cdk.stacks.data import DataStack

TIMEOUT_S = 20
"""Far above what the parts of the infrastructure may take together (8 s)."""

_NAMELESS = Pattern(
    arn="*",
    finding="*",
    reason="Alarms and metrics of CloudWatch and the account's own quotas have no resource that a policy could name.",
)


def add_console(
    platform: Platform, *, data: DataStack, websocket: WebSocket, http: HttpApi, identity: Identity
) -> None:
    """What only looks, and takes alarms on."""
    stack, name = platform.stack, platform.config.name
    console = platform.function(
        "Console",
        "ops.console",
        platform.settings(
            rooms_table=data.rooms.table_name,
            purge_paths_per_day=str(platform.config.purge_paths_per_day),
            stacks=",".join(_stacks(platform.config)),
            quotas=watched_quotas(stack, data=data, websocket=websocket, http=http),
            **identity.settings,
            **identity.operators,
        ),
        timeout_s=TIMEOUT_S,
        layers=("identity",),
    )
    identity.allow(console)
    allow_quotas(console)
    allow_answers(console, data)
    rooms = [data.rooms.table_arn]
    console.allow(rooms, "dynamodb:Query", "dynamodb:PutItem", conditions=only(AUDIT, ACKNOWLEDGED))
    console.allow(rooms, "dynamodb:GetItem", conditions=only(PURGES))
    tables = [table.table_arn for table in (data.rooms, data.messages, data.connections)]
    console.allow(tables, "dynamodb:DescribeTable")
    console.allow(
        [_NAMELESS],
        "cloudwatch:DescribeAlarms",
        "cloudwatch:DescribeAlarmHistory",
        "cloudwatch:ListDashboards",
        "cloudwatch:ListMetrics",
        "lambda:GetAccountSettings",
    )
    for service, resource, action in (
        ("cloudformation", f"stack/chat-{name}-*", "DescribeStacks"),
        ("cloudformation", f"stack/chat-{name}-*", "ListStackResources"),
        ("sqs", f"chat-{name}-*", "GetQueueAttributes"),
        ("lambda", f"function:chat-{name}-*", "GetFunctionConcurrency"),
    ):
        console.allow([_of_stage(stack, service, resource)], f"{service}:{action}")
    console.allow([_distributions(stack)], "cloudfront:GetDistribution")
    console.allow([_dashboards(stack, name)], "cloudwatch:GetDashboard")
    for route in (
        "metrics",
        "infrastructure/status",
        "monitoring/alerts",
        "monitoring/dashboards",
        "monitoring/dashboards/{name}",
        "audit",
        "audit/chain",
    ):
        http.add("GET", f"/api/{route}", console)
    http.add("POST", "/api/monitoring/alerts/{name}/acknowledge", console)


def _stacks(config: StageConfig) -> list[str]:
    """As `cdk.stage` names them."""
    own_cache = config.cache is not None and not config.cache.endpoint
    parts = ["data", *(["cache"] if own_cache else []), "service", "media", "operations", "edge", "observability"]
    return [f"chat-{config.name}-{part}" for part in parts]


def _of_stage(stack: cdk.Stack, service: str, resource: str) -> Pattern:
    arn = f"arn:{cdk.Aws.PARTITION}:{service}:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:{resource}"
    return pattern_in(stack, arn, "CloudFormation names what is in the stage's stacks, and puts their names before.")


def _dashboards(stack: cdk.Stack, stage: str) -> Pattern:
    arn = f"arn:{cdk.Aws.PARTITION}:cloudwatch::{cdk.Aws.ACCOUNT_ID}:dashboard/chat-{stage}-*"
    return pattern_in(stack, arn, "Dashboards are deployed after the function that reads them.")


def _distributions(stack: cdk.Stack) -> Pattern:
    arn = f"arn:{cdk.Aws.PARTITION}:cloudfront::{cdk.Aws.ACCOUNT_ID}:distribution/*"
    return pattern_in(stack, arn, "The distribution is deployed after the function that looks at it.")
