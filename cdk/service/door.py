"""Opening and closing a socket."""

from __future__ import annotations

from cdk.constructs.dead_letters import WorkQueue
from cdk.constructs.function import Platform
from cdk.constructs.websocket import WebSocket
from cdk.service.partitions import TICKETS, only
from cdk.stacks.data import DataStack


def add_door(platform: Platform, *, data: DataStack, websocket: WebSocket, notices: WorkQueue) -> None:
    """A ticket opens one socket; of who comes and goes, `notices` are told."""
    connections = data.connections
    settings = platform.settings(connections_table=connections.table_name)
    authorize = platform.function("Authorize", "connect.authorize", settings, timeout_s=5)
    authorize.allow([connections.table_arn], "dynamodb:DeleteItem", conditions=only(TICKETS))

    noticed = platform.settings(connections_table=connections.table_name, notices_queue_url=notices.queue.queue_url)
    connect = platform.function("Connect", "connect.connect", noticed, timeout_s=10)
    connect.allow([connections.table_arn], "dynamodb:PutItem")
    connect.allow([notices.queue.queue_arn], "sqs:SendMessage")

    disconnect = platform.function("Disconnect", "connect.disconnect", noticed, timeout_s=15)
    disconnect.allow([connections.table_arn], "dynamodb:Query", "dynamodb:DeleteItem")
    disconnect.allow([notices.queue.queue_arn], "sqs:SendMessage")

    websocket.add_door(authorizer=authorize, connect=connect, disconnect=disconnect)
