"""Operators' endpoints, told of events: who sorts events out for them, and who sends."""

from __future__ import annotations

from aws_cdk import aws_lambda_event_sources as sources

from cdk.config import StageConfig
from cdk.constructs.dead_letters import WorkQueue
from cdk.constructs.function import Platform
from cdk.constructs.room_events import RoomEvents
from cdk.service.partitions import WEBHOOKS, only
from cdk.stacks.data import DataStack
from chat.events import NAMES
from chat.webhooks.routing import MAX_EVENTS

ROUTE_TIMEOUT_S = 30
DELIVERIES_TIMEOUT_S = 30
"""Far above what requests that are sent together take (5 s)."""

AT_ONCE = 20
"""Functions that send at the same time: endpoints that hang can't take the account's concurrency."""


def add_webhooks(
    platform: Platform,
    *,
    data: DataStack,
    events: RoomEvents,
    deliveries: WorkQueue,
) -> None:
    """The way from the topic to the endpoints."""
    rooms = data.rooms
    routing = platform.function(
        "Webhooks",
        "message.webhooks",
        platform.settings(rooms_table=rooms.table_name, webhooks_queue_url=deliveries.queue.queue_url),
        timeout_s=ROUTE_TIMEOUT_S,
    )
    routing.allow([rooms.table_arn], "dynamodb:Query", conditions=only(WEBHOOKS))
    routing.allow([deliveries.queue.queue_arn], "sqs:SendMessage")
    events.subscribe(
        "Webhooks", routing, timeout_s=ROUTE_TIMEOUT_S, events=list(NAMES), batch_size=MAX_EVENTS, window_s=1
    )

    sending = platform.function(
        "WebhookDeliveries",
        "message.webhook_deliveries",
        platform.settings(
            rooms_table=rooms.table_name,
            webhooks_queue_url=deliveries.queue.queue_url,
            outbound_secret_arn=data.outbound_secret.secret_arn,
            outbound_private=private_addresses(platform.config),
            webhook_disable_days=str(platform.config.webhook_disable_days),
        ),
        timeout_s=DELIVERIES_TIMEOUT_S,
    )
    sending.allow([rooms.table_arn], "dynamodb:Query", "dynamodb:UpdateItem", conditions=only(WEBHOOKS))
    sending.allow([deliveries.queue.queue_arn], "sqs:SendMessage")
    sending.allow([data.outbound_secret.secret_arn], "secretsmanager:GetSecretValue")
    sending.live.add_event_source(
        sources.SqsEventSource(
            deliveries.queue, batch_size=10, max_concurrency=AT_ONCE, report_batch_item_failures=True
        )
    )


def private_addresses(config: StageConfig) -> str | None:
    """Whether endpoints may be on this machine, as functions are told it: nowhere but in stage local."""
    return "allowed" if config.local else None
