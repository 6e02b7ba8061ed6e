"""What viewers were served: CloudFront's logs, counted once an hour."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_s3 as s3

from cdk.constructs.alarms import AlarmTopic
from cdk.constructs.dead_letters import DeadLetters
from cdk.constructs.function import Platform
from cdk.constructs.permissions import Pattern
from cdk.service.addresses import distribution_parameter, parameter_arn
from cdk.service.partitions import EDGE_LOGS, only
from cdk.stacks.data import DataStack
from chat.aws.edge_logs import PREFIX

TIMEOUT_S = 300


def add_edge_logs(
    platform: Platform, *, data: DataStack, bucket: s3.IBucket, files: Pattern, alarms: AlarmTopic
) -> None:
    """The function that reads each of CloudFront's log `files` in `bucket` once."""
    stack = platform.stack
    parameter = distribution_parameter(platform.config)
    counting = platform.function(
        "EdgeLogs",
        "ops.edge_logs",
        platform.settings(
            rooms_table=data.rooms.table_name, edge_log_bucket=bucket.bucket_name, distribution_parameter=parameter
        ),
        timeout_s=TIMEOUT_S,
    )
    counting.allow([data.rooms.table_arn], "dynamodb:Query", "dynamodb:PutItem", conditions=only(EDGE_LOGS))
    counting.allow([files], "s3:GetObject")
    listed = {"StringLike": {"s3:prefix": [f"{PREFIX}*"]}}
    counting.allow([bucket.bucket_arn], "s3:ListBucket", conditions=listed)
    counting.allow([parameter_arn(stack, parameter)], "ssm:GetParameter")
    dead_letters = DeadLetters(
        stack, "EdgeLogsDeadLetters", source="the hourly count of CloudFront's logs", alarms=alarms
    )
    dead_letters.call_again(counting)
    events.Rule(
        stack,
        "EdgeLogsHourly",
        description="Count what CloudFront has logged",
        schedule=events.Schedule.rate(cdk.Duration.hours(1)),
        # Whoever comes an hour later reads what this one did not.
        targets=[targets.LambdaFunction(counting.live, dead_letter_queue=dead_letters.queue, retry_attempts=0)],
    )
