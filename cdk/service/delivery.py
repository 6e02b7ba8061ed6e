"""Slices of large rooms, ends of hot rooms' windows, and connections that could not be reached at once."""

from __future__ import annotations

from aws_cdk import aws_lambda_event_sources as sources

from cdk.constructs.dead_letters import WorkQueue
from cdk.constructs.function import Platform
from cdk.constructs.websocket import WebSocket
from cdk.stacks.data import DataStack

DELIVER_TIMEOUT_S = 30


def add_delivery(
    platform: Platform, *, data: DataStack, websocket: WebSocket, delivery: WorkQueue
) -> sources.SqsEventSource:
    """What works `delivery` off, and puts back into it what has to wait; returned as its queue is polled."""
    deliver = platform.function(
        "Deliver",
        "message.deliver",
        platform.settings(
            rooms_table=data.rooms.table_name,
            messages_table=data.messages.table_name,
            connections_table=data.connections.table_name,
            connections_url=websocket.connections_url,
            delivery_queue_url=delivery.queue.queue_url,
            fanout=platform.config.fanout or None,
        ),
        timeout_s=DELIVER_TIMEOUT_S,
        memory_mb=1024,
    )
    # Whom a message to everybody in a room is for, and the stage's thresholds.
    deliver.allow([data.rooms.table_arn], "dynamodb:Query", "dynamodb:GetItem")
    # What a hot room's window has in it. A number that nobody took is closed, as every reader does.
    deliver.allow(
        [data.messages.table_arn], "dynamodb:Query", "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem"
    )
    # Subscriptions, and with them what is known of rooms.
    deliver.allow(
        [data.connections.table_arn],
        "dynamodb:Query",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
    )
    deliver.allow([websocket.connections], "execute-api:ManageConnections")
    deliver.allow([delivery.queue.queue_arn], "sqs:SendMessage")
    polled = sources.SqsEventSource(delivery.queue, batch_size=10, report_batch_item_failures=True)
    deliver.add_event_source(polled)
    return polled
