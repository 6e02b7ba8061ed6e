"""Operators' endpoints, told of events: who registers them, who sorts events out for them, and who sends."""

from __future__ import annotations

from aws_cdk import aws_lambda_event_sources as sources

from cdk.constructs.dead_letters import WorkQueue
from cdk.constructs.function import Platform
from cdk.constructs.http_api import HttpApi
from cdk.constructs.room_events import RoomEvents
from cdk.service.identity import Identity
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
    http: HttpApi,
    identity: Identity,
) -> None:
    """`/api/webhooks`, and the way from the topic to the endpoints."""
    private = "allowed" if platform.config.local else None
    _add_settings(platform, data=data, deliveries=deliveries, http=http, identity=identity, private=private)

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
            outbound_private=private,
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


def _add_settings(
    platform: Platform,
    *,
    data: DataStack,
    deliveries: WorkQueue,
    http: HttpApi,
    identity: Identity,
    private: str | None,
) -> None:
    rooms, messages = data.rooms, data.messages
    settings = platform.function(
        "WebhookSettings",
        "ops.webhook_settings",
        platform.settings(
            rooms_table=rooms.table_name,
            messages_table=messages.table_name,
            webhooks_queue_url=deliveries.queue.queue_url,
            outbound_secret_arn=data.outbound_secret.secret_arn,
            outbound_private=private,
            **identity.settings,
            **identity.operators,
        ),
        timeout_s=25,
        layers=("identity",),
    )
    settings.allow(
        [rooms.table_arn],
        "dynamodb:Query",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        conditions=only(WEBHOOKS),
    )
    # A room is looked up before its messages are sent again.
    settings.allow([rooms.table_arn], "dynamodb:GetItem")
    # Who reads a number that nobody stored closes it with a `void` entry.
    settings.allow(
        [messages.table_arn], "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem"
    )
    settings.allow([deliveries.queue.queue_arn], "sqs:SendMessage")
    settings.allow([data.outbound_secret.secret_arn], "secretsmanager:GetSecretValue")
    identity.allow(settings)
    for route in ("GET", "POST"):
        http.add(route, "/api/webhooks", settings)
    for route in ("GET", "DELETE"):
        http.add(route, "/api/webhooks/{webhook}", settings)
    for action in ("secret", "enable", "replay"):
        http.add("POST", f"/api/webhooks/{{webhook}}/{action}", settings)
