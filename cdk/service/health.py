"""What whoever watches the stage asks first."""

from __future__ import annotations

from cdk.constructs.dead_letters import WorkQueue
from cdk.constructs.function import ChatFunction, Platform
from cdk.constructs.http_api import HttpApi
from cdk.constructs.room_events import RoomEvents
from cdk.service.identity import Identity
from cdk.stacks.data import DataStack


def add_health(
    platform: Platform,
    *,
    data: DataStack,
    delivery: WorkQueue,
    events: RoomEvents,
    http: HttpApi,
    identity: Identity,
    cache_upkeep: ChatFunction | None,
) -> None:
    """`/api/health`, which looks at what the service stands on. `cache_upkeep` stands beside the cache, if any does."""
    health = platform.function(
        "Health",
        "ops.health",
        platform.settings(
            rooms_table=data.rooms.table_name,
            messages_table=data.messages.table_name,
            connections_table=data.connections.table_name,
            delivery_queue_url=delivery.queue.queue_url,
            events_topic_arn=events.topic.topic_arn,
            media_bucket=data.media.bucket.bucket_name,
            cache_upkeep=cache_upkeep.live.function_arn if cache_upkeep else None,
            **identity.settings,
            **identity.operators,
        ),
        timeout_s=5,
        layers=("identity",),
    )
    identity.allow(health)
    tables = [table.table_arn for table in (data.rooms, data.messages, data.connections)]
    health.allow(tables, "dynamodb:DescribeTable")
    health.allow([delivery.queue.queue_arn], "sqs:GetQueueAttributes")
    health.allow([events.topic.topic_arn], "sns:GetTopicAttributes")
    health.allow([data.media.bucket.bucket_arn], "s3:ListBucket")
    if cache_upkeep:
        health.allow([cache_upkeep.live.function_arn], "lambda:InvokeFunction")
    http.add("GET", "/api/health", health)
