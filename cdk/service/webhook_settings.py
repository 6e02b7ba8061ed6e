"""Where operators register endpoints that are told of events. The way to them is in `cdk.service.webhooks`."""

from __future__ import annotations

from cdk.constructs.dead_letters import WorkQueue
from cdk.constructs.function import Platform
from cdk.constructs.http_api import HttpApi
from cdk.service.answers import allow_answers
from cdk.service.audit import allow_deeds
from cdk.service.identity import Identity
from cdk.service.partitions import WEBHOOKS, only
from cdk.service.webhooks import private_addresses
from cdk.stacks.data import DataStack


def add_webhook_settings(
    platform: Platform,
    *,
    data: DataStack,
    deliveries: WorkQueue,
    http: HttpApi,
    identity: Identity,
) -> None:
    """`/api/webhooks`, where operators register endpoints."""
    rooms, messages = data.rooms, data.messages
    settings = platform.function(
        "WebhookSettings",
        "ops.webhook_settings",
        platform.settings(
            rooms_table=rooms.table_name,
            messages_table=messages.table_name,
            webhooks_queue_url=deliveries.queue.queue_url,
            outbound_secret_arn=data.outbound_secret.secret_arn,
            outbound_private=private_addresses(platform.config),
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
    allow_deeds(settings, data)
    allow_answers(settings, data)
    for route in ("GET", "POST"):
        http.add(route, "/api/webhooks", settings)
    for route in ("GET", "DELETE"):
        http.add(route, "/api/webhooks/{webhook}", settings)
    for action in ("secret", "enable", "replay"):
        http.add("POST", f"/api/webhooks/{{webhook}}/{action}", settings)
