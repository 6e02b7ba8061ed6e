"""What follows from a message, away from its way: the outbox, and who is told by it."""

from __future__ import annotations

import aws_cdk as cdk

from cdk.constructs.dead_letters import WorkQueue
from cdk.constructs.function import Platform
from cdk.constructs.room_events import RoomEvents
from cdk.service.partitions import ACCOUNTS, REACTIONS, TRACES, UPLOADS, WORDS, only
from cdk.service.purging import allow_purging, purge_settings
from cdk.stacks.data import DataStack
from chat.events import MESSAGE_CHANGED, MESSAGE_DELETED, MESSAGE_POSTED

ACTIVITY_TIMEOUT_S = 30
INDEX_TIMEOUT_S = 30
PURGE_TIMEOUT_S = 60
PURGED_AT_ONCE, PURGE_WINDOW_S = 50, 10
"""Messages for which caches are told once, and how long the first of them waits for others."""


def add_events(platform: Platform, *, data: DataStack, events: RoomEvents, notices: WorkQueue, jobs: WorkQueue) -> None:
    """From the stream of messages to the topic, and from there to lists of rooms, indexes and what is to be removed."""
    rooms, messages = data.rooms, data.messages
    outbox = platform.function(
        "Outbox", "message.outbox", platform.settings(events_topic_arn=events.topic.topic_arn), timeout_s=30
    )
    outbox.allow([events.topic.topic_arn], "sns:Publish")
    events.feed(outbox, messages=messages, rooms=rooms)

    activity = platform.function(
        "Activity",
        "message.activity",
        platform.settings(rooms_table=rooms.table_name, notices_queue_url=notices.queue.queue_url),
        timeout_s=ACTIVITY_TIMEOUT_S,
    )
    activity.allow([rooms.table_arn], "dynamodb:GetItem", "dynamodb:PutItem")
    activity.allow([notices.queue.queue_arn], "sqs:SendMessage")
    events.subscribe("Activity", activity, timeout_s=ACTIVITY_TIMEOUT_S, events=[MESSAGE_POSTED])

    index = platform.function(
        "Index",
        "message.index",
        platform.settings(
            rooms_table=rooms.table_name, messages_table=messages.table_name, jobs_queue_url=jobs.queue.queue_url
        ),
        timeout_s=INDEX_TIMEOUT_S,
    )
    index.allow([messages.table_arn], "dynamodb:BatchGetItem")
    index.allow([messages.table_arn], "dynamodb:PutItem", "dynamodb:DeleteItem", conditions=only(WORDS))
    # Whose a message is, and an erasure that goes on where one comes to light after it.
    index.allow(
        [rooms.table_arn],
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:PutItem",
        conditions=only(ACCOUNTS, TRACES),
    )
    index.allow([jobs.queue.queue_arn], "sqs:SendMessage")
    events.subscribe(
        "Index", index, timeout_s=INDEX_TIMEOUT_S, events=[MESSAGE_POSTED, MESSAGE_CHANGED, MESSAGE_DELETED]
    )

    _add_purge(platform, data=data, events=events)


def _add_purge(platform: Platform, *, data: DataStack, events: RoomEvents) -> None:
    """What goes after a message that was deleted: its image, from caches too, and who reacted to it."""
    purge = platform.function(
        "Purge",
        "media.purge",
        platform.settings(
            rooms_table=data.rooms.table_name,
            messages_table=data.messages.table_name,
            media_bucket=data.media.bucket.bucket_name,
            **purge_settings(platform.config),
        ),
        timeout_s=PURGE_TIMEOUT_S,
        layers=("data",),
    )
    # Operators' commands keep to the same budget.
    cdk.CfnOutput(platform.stack, "PurgePathsPerDay", value=str(platform.config.purge_paths_per_day))
    purge.allow([data.messages.table_arn], "dynamodb:Query", "dynamodb:DeleteItem", conditions=only(REACTIONS))
    purge.allow([data.rooms.table_arn], "dynamodb:DeleteItem", conditions=only(UPLOADS))
    purge.allow([data.media.ledger], "s3:PutObject")
    purge.allow([data.media.uploads, data.media.variants], "s3:DeleteObject")
    listed = {"StringLike": {"s3:prefix": ["media/*"]}}
    purge.allow([data.media.bucket.bucket_arn], "s3:ListBucket", conditions=listed)
    allow_purging(purge, platform, data)
    events.subscribe(
        "Purge",
        purge,
        timeout_s=PURGE_TIMEOUT_S,
        events=[MESSAGE_DELETED],
        batch_size=PURGED_AT_ONCE,
        window_s=PURGE_WINDOW_S,
    )
