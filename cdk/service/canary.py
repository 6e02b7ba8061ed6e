"""The conversation that the stage holds with itself each minute."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets

from cdk.constructs.alarms import AlarmTopic
from cdk.constructs.dead_letters import DeadLetters
from cdk.constructs.function import Platform
from cdk.constructs.websocket import WebSocket
from cdk.service.partitions import CANARY, COLOUR, TICKETS, only
from cdk.stacks.data import DataStack

CANARY_TIMEOUT_S = 30
"""Four steps of 5 s, the start of a function, and what is over."""


def add_canary(platform: Platform, *, data: DataStack, websocket: WebSocket, alarms: AlarmTopic) -> None:
    """A function that makes itself tickets, and may remove its own old messages; and what calls it.

    In stages without a canary it is deployed all the same, and called by nobody: `aws lambda invoke` holds one.
    """
    canary = platform.function(
        "Canary",
        "ops.canary",
        platform.settings(
            websocket_url=websocket.url,
            connections_table=data.connections.table_name,
            messages_table=data.messages.table_name,
        ),
        timeout_s=CANARY_TIMEOUT_S,
    )
    canary.allow([data.connections.table_arn], "dynamodb:PutItem", conditions=only(TICKETS))
    canary.allow([data.connections.table_arn], "dynamodb:GetItem", conditions=only(COLOUR))
    canary.allow([data.messages.table_arn], "dynamodb:DeleteItem", conditions=only(CANARY))
    uncalled = DeadLetters(platform.stack, "CanaryDeadLetters", source="the canary's schedule", alarms=alarms)
    uncalled.call_again(canary)
    events.Rule(
        platform.stack,
        "EachMinute",
        description="Holds a conversation with the stage",
        enabled=platform.config.canary,
        schedule=events.Schedule.rate(cdk.Duration.minutes(1)),
        targets=[
            targets.LambdaFunction(
                canary.live,
                dead_letter_queue=uncalled.queue,
                retry_attempts=0,
                max_event_age=cdk.Duration.minutes(1),
            )
        ],
    )
