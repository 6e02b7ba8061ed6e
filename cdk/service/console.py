"""What operators see of the stage, and how they change it: `/api/metrics` to `/api/scaling`."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk

from cdk.config import StageConfig, Throttle
from cdk.constructs.function import ChatFunction, Platform
from cdk.constructs.http_api import HttpApi
from cdk.constructs.permissions import Pattern, pattern_in
from cdk.service.answers import allow_answers
from cdk.service.delivery import Scaled
from cdk.service.identity import Identity
from cdk.service.partitions import ACKNOWLEDGED, AUDIT, SCALING, only
from cdk.service.protection import Protection
from cdk.stacks.data import DataStack

TIMEOUT_S = 20
"""Far above what the parts of the infrastructure may take together (8 s)."""

OPERATORS = Throttle(rate=5, burst=20)
"""Requests that each route takes: operators are few, and what they ask costs calls."""


def add_console(platform: Platform, *, data: DataStack, http: HttpApi, identity: Identity) -> None:
    """What only looks, and takes alarms on."""
    stack, name = platform.stack, platform.config.name
    console = platform.function(
        "Console",
        "ops.console",
        platform.settings(
            rooms_table=data.rooms.table_name,
            stacks=",".join(_stacks(platform.config)),
            **identity.settings,
            **identity.operators,
        ),
        timeout_s=TIMEOUT_S,
        layers=("identity", "data"),
    )
    identity.allow(console)
    allow_answers(console, data)
    rooms = [data.rooms.table_arn]
    console.allow(rooms, "dynamodb:Query", "dynamodb:PutItem", conditions=only(AUDIT, ACKNOWLEDGED))
    tables = [table.table_arn for table in (data.rooms, data.messages, data.connections)]
    console.allow(tables, "dynamodb:DescribeTable")
    # None of these has a resource that a policy could name (Service Authorization Reference).
    console.allow(
        ["*"],
        "cloudwatch:DescribeAlarms",
        "cloudwatch:DescribeAlarmHistory",
        "cloudwatch:GetMetricData",
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
    for route in ("metrics", "infrastructure/status", "monitoring/alerts", "audit"):
        http.add("GET", f"/api/{route}", console, throttle=OPERATORS)
    http.add("POST", "/api/monitoring/alerts/{name}/acknowledge", console, throttle=OPERATORS)


def add_scaling(
    platform: Platform,
    *,
    data: DataStack,
    http: HttpApi,
    identity: Identity,
    protection: Protection,
    scaled: Mapping[str, Scaled],
) -> None:
    """What changes the stage without a deployment. `scaled` are functions whose concurrency can be changed, by name."""
    targets = [
        f"{name}={each.function.function_name}/{each.mapping.event_source_mapping_id}" for name, each in scaled.items()
    ]
    scaling = platform.function(
        "Scaling",
        "ops.scaling",
        platform.settings(
            rooms_table=data.rooms.table_name,
            fanout=platform.config.fanout or None,
            scaled_functions=",".join(targets),
            **protection.user_limit,
            **identity.settings,
            **identity.operators,
        ),
        timeout_s=TIMEOUT_S,
        layers=("identity", "data"),
    )
    identity.allow(scaling)
    allow_answers(scaling, data)
    rooms = [data.rooms.table_arn]
    scaling.allow(rooms, "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", conditions=only(SCALING))
    scaling.allow(rooms, "dynamodb:PutItem", conditions=only(AUDIT))
    _let_it_scale(scaling, scaled)
    for path in ("config", "versions"):
        http.add("GET", f"/api/scaling/{path}", scaling, throttle=OPERATORS)
    for path in ("config", "rollback"):
        http.add("POST", f"/api/scaling/{path}", scaling, throttle=OPERATORS)


def _let_it_scale(scaling: ChatFunction, scaled: Mapping[str, Scaled]) -> None:
    for each in scaled.values():
        scaling.allow([each.function.function_arn], "lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency")
        scaling.allow([each.mapping.event_source_mapping_arn], "lambda:UpdateEventSourceMapping")


def _stacks(config: StageConfig) -> list[str]:
    """As `cdk.stage` names them."""
    own_cache = config.cache is not None and not config.cache.endpoint
    parts = ["data", *(["cache"] if own_cache else []), "service", "edge"]
    return [f"chat-{config.name}-{part}" for part in parts]


def _of_stage(stack: cdk.Stack, service: str, resource: str) -> Pattern:
    arn = f"arn:{cdk.Aws.PARTITION}:{service}:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:{resource}"
    return pattern_in(stack, arn, "CloudFormation names what is in the stage's stacks, and puts their names before.")


def _distributions(stack: cdk.Stack) -> Pattern:
    arn = f"arn:{cdk.Aws.PARTITION}:cloudfront::{cdk.Aws.ACCOUNT_ID}:distribution/*"
    return pattern_in(stack, arn, "The distribution is deployed after the function that looks at it.")
