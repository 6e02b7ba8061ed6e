"""Media that nothing refers to is looked for, and removed, by a schedule."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets

from cdk.constructs.alarms import AlarmTopic
from cdk.constructs.dead_letters import DeadLetters
from cdk.constructs.function import Platform
from cdk.constructs.media_bucket import VARIANTS
from cdk.service.partitions import MAINTENANCE, UPLOADS, only
from cdk.service.purging import allow_purging, purge_settings
from cdk.stacks.data import DataStack
from chat.media import UPLOADS as ARRIVING

TIMEOUT_S = 900


def add_collect_media(platform: Platform, *, data: DataStack, alarms: AlarmTopic) -> None:
    """The function that goes through the bucket, a slice an hour."""
    collect = platform.function(
        "CollectMedia",
        "ops.collect_media",
        platform.settings(
            rooms_table=data.rooms.table_name,
            messages_table=data.messages.table_name,
            media_bucket=data.media.bucket.bucket_name,
            **purge_settings(platform.config),
        ),
        timeout_s=TIMEOUT_S,
        layers=("data",),
    )
    collect.allow(
        [data.rooms.table_arn],
        "dynamodb:BatchGetItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        conditions=only(UPLOADS),
    )
    collect.allow([data.rooms.table_arn], "dynamodb:GetItem", "dynamodb:PutItem", conditions=only(MAINTENANCE))
    collect.allow([data.messages.table_arn], "dynamodb:GetItem", "dynamodb:Query")
    bucket = data.media.bucket.bucket_arn
    listed = {"StringLike": {"s3:prefix": [f"{ARRIVING}*", f"{VARIANTS}*"]}}
    collect.allow([bucket], "s3:ListBucket", conditions=listed)
    # No condition of S3's is about a prefix here.
    collect.allow([bucket], "s3:ListBucketMultipartUploads")
    collect.allow([data.media.uploads, data.media.variants], "s3:DeleteObject")
    collect.allow([data.media.uploads], "s3:AbortMultipartUpload")
    allow_purging(collect, platform, data)
    stack = platform.stack
    dead_letters = DeadLetters(stack, "CollectMediaDeadLetters", source="the hourly collection of media", alarms=alarms)
    dead_letters.call_again(collect)
    events.Rule(
        stack,
        "CollectMediaHourly",
        description="Look for media that nothing refers to",
        schedule=events.Schedule.rate(cdk.Duration.hours(1)),
        # Whoever comes an hour later goes on where this one was.
        targets=[targets.LambdaFunction(collect.live, dead_letter_queue=dead_letters.queue, retry_attempts=0)],
    )
