"""What follows from a message, away from its way: the outbox, and who is told by it."""

from __future__ import annotations

from cdk.constructs.function import Platform
from cdk.constructs.room_events import MESSAGE_POSTED, RoomEvents
from cdk.service.partitions import WORDS, only
from cdk.stacks.data import DataStack

ACTIVITY_TIMEOUT_S = 30
INDEX_TIMEOUT_S = 30


def add_events(platform: Platform, *, data: DataStack, events: RoomEvents) -> None:
    """From the stream of messages to the topic, and from there to lists of rooms and the search index."""
    rooms, messages = data.rooms, data.messages
    outbox = platform.function(
        "Outbox", "message.outbox", platform.settings(events_topic_arn=events.topic.topic_arn), timeout_s=30
    )
    outbox.allow([events.topic.topic_arn], "sns:Publish")
    events.feed(outbox, messages)

    activity = platform.function(
        "Activity",
        "message.activity",
        platform.settings(rooms_table=rooms.table_name),
        timeout_s=ACTIVITY_TIMEOUT_S,
    )
    activity.allow([rooms.table_arn], "dynamodb:PutItem", "dynamodb:UpdateItem")
    events.subscribe("Activity", activity, timeout_s=ACTIVITY_TIMEOUT_S, events=[MESSAGE_POSTED])

    index = platform.function(
        "Index", "message.index", platform.settings(messages_table=messages.table_name), timeout_s=INDEX_TIMEOUT_S
    )
    index.allow([messages.table_arn], "dynamodb:PutItem", conditions=only(WORDS))
    events.subscribe("Index", index, timeout_s=INDEX_TIMEOUT_S, events=[MESSAGE_POSTED])
