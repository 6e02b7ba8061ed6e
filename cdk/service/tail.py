"""The tails of very large rooms: what CloudFront asks for in the place of everybody who follows one."""

from __future__ import annotations

from cdk.constructs.function import Platform
from cdk.constructs.http_api import HttpApi
from cdk.stacks.data import DataStack

TAIL_TIMEOUT_S = 5
"""A poll that takes longer is better made again."""


def add_tail(platform: Platform, *, data: DataStack, http: HttpApi) -> None:
    """`/api/tail/…`, by a capability in the path, which is checked before anything is read."""
    messages = data.messages
    tail = platform.function(
        "Tail",
        "message.tail",
        platform.settings(messages_table=messages.table_name),
        timeout_s=TAIL_TIMEOUT_S,
        memory_mb=512,
    )
    # Who reads a number that nobody stored closes it with a `void` entry.
    tail.allow([messages.table_arn], "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem")
    http.add("GET", "/api/tail/{room}/{capability}/{part+}", tail)
