"""Where operators look after dead letters: `/api/dead-letters`, and what sending them again may touch."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_stepfunctions as sfn

from cdk.constructs.function import Platform
from cdk.constructs.http_api import HttpApi
from cdk.constructs.media_bucket import DISCARDED
from cdk.constructs.permissions import Pattern, pattern_in
from cdk.service.answers import allow_answers
from cdk.service.audit import allow_deeds
from cdk.service.identity import Identity
from cdk.stacks.data import DataStack
from chat.aws.function_scaling import ALIAS

TIMEOUT_S = 25
"""Above what letters of one request may take; API Gateway gives up after 29 s."""

_NAMELESS = Pattern(
    arn="*", finding="*", reason="Metrics and event source mappings have no resource that a policy could name."
)


def add_letter_desk(
    platform: Platform, *, data: DataStack, machine: sfn.IStateMachine, http: HttpApi, identity: Identity
) -> None:
    """`machine` is started again by letters of uploads. Other rights are by name: all stacks have dead letters."""
    stack, stage = platform.stack, platform.config.name
    desk = platform.function(
        "LetterDesk",
        "ops.dead_letters",
        platform.settings(
            rooms_table=data.rooms.table_name,
            discarded_letters=f"{data.media.bucket.bucket_name}/{DISCARDED}",
            **identity.settings,
            **identity.operators,
        ),
        timeout_s=TIMEOUT_S,
        layers=("identity",),
    )
    identity.allow(desk)
    allow_deeds(desk, data)
    allow_answers(desk, data)
    desk.allow([_of_stage(stack, "ssm", f"parameter/chat/{stage}/dead-letters")], "ssm:GetParametersByPath")
    desk.allow(
        [_of_stage(stack, "sqs", f"chat-{stage}-*")],
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:SendMessage",
    )
    desk.allow([_of_stage(stack, "lambda", f"function:chat-{stage}-*:{ALIAS}")], "lambda:InvokeFunction")
    desk.allow([machine.state_machine_arn], "states:StartExecution")
    desk.allow(
        [_of_stage(stack, "dynamodb", f"table/chat-{stage}-*/stream/*")],
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
    )
    desk.allow([_NAMELESS], "cloudwatch:GetMetricData", "lambda:ListEventSourceMappings")
    desk.allow([data.media.discarded], "s3:PutObject")
    http.add("GET", "/api/dead-letters", desk)
    http.add("GET", "/api/dead-letters/{queue}", desk)
    for action in ("redrive", "discard"):
        http.add("POST", f"/api/dead-letters/{{queue}}/{action}", desk)


def _of_stage(stack: cdk.Stack, service: str, resource: str) -> Pattern:
    arn = f"arn:{cdk.Aws.PARTITION}:{service}:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:{resource}"
    return pattern_in(stack, arn, "Dead letters are of all the stage's stacks, and their own names put these before.")
