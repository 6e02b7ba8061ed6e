"""Who came and went, and rooms in which cursors moved or something was said: apart from messages, to delay none."""

from __future__ import annotations

from aws_cdk import aws_lambda_event_sources as sources

from cdk.constructs.dead_letters import WorkQueue
from cdk.constructs.function import Platform
from cdk.constructs.websocket import WebSocket
from cdk.stacks.data import DataStack

NOTICES_TIMEOUT_S = 15


def add_notices(
    platform: Platform, *, data: DataStack, websocket: WebSocket, notices: WorkQueue
) -> sources.SqsEventSource:
    """What works `notices` off, and puts back into it what is to be told later; returned as its queue is polled."""
    rooms, connections = data.rooms, data.connections
    notice = platform.function(
        "Notice",
        "message.notices",
        platform.settings(
            rooms_table=rooms.table_name,
            connections_table=connections.table_name,
            connections_url=websocket.connections_url,
            notices_queue_url=notices.queue.queue_url,
        ),
        timeout_s=NOTICES_TIMEOUT_S,
    )
    notice.allow([rooms.table_arn], "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem")
    notice.allow([connections.table_arn], "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem")
    notice.allow([websocket.connections], "execute-api:ManageConnections")
    notice.allow([notices.queue.queue_arn], "sqs:SendMessage")
    polled = sources.SqsEventSource(notices.queue, batch_size=10, report_batch_item_failures=True)
    notice.add_event_source(polled)
    return polled
