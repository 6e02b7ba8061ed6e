"""Frames from clients, over their socket or by POST: whichever way a command comes, it is carried out the same."""

from __future__ import annotations

from typing import get_args

import msgspec

from cdk.constructs.function import ChatFunction, Platform
from cdk.constructs.http_api import HttpApi
from cdk.service.identity import Identity
from cdk.service.partitions import PINS, REACTIONS, WORDS, only
from cdk.service.posting import Posting
from chat.protocol import AnyCommand

ACTIONS = tuple(str(msgspec.inspect.type_info(command).tag) for command in get_args(AnyCommand))  # type: ignore[attr-defined]
"""The commands of the protocol; each has a route."""


def add_commands(platform: Platform, *, posting: Posting, http: HttpApi, identity: Identity) -> None:
    """A route for each action, and `/api/commands` for clients that can't keep a socket open.

    API Gateway gives up after 29 s; a client would long have sent again.
    """
    cache = posting.cache
    command = platform.function(
        "Command",
        "message.command",
        platform.settings(**posting.settings, **(cache.settings if cache else {})),
        timeout_s=15,
        memory_mb=1024,
        network=cache.network if cache else None,
    )
    _allow_commands(command, posting)
    if cache:
        cache.allow(command)
    posting.websocket.add_commands(ACTIONS, command)

    http_command = platform.function(
        "HttpCommand",
        "message.http_command",
        platform.settings(**posting.settings, **identity.settings),
        timeout_s=15,
        memory_mb=1024,
        layers=("identity",),
    )
    _allow_commands(http_command, posting)
    identity.allow(http_command)
    http.add("POST", "/api/commands", http_command)


def _allow_commands(command: ChatFunction, posting: Posting) -> None:
    """What carrying out any command takes."""
    data = posting.data
    command.allow(
        [data.rooms.table_arn],
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:ConditionCheckItem",
    )
    command.allow(
        [data.messages.table_arn],
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
    )
    command.allow([data.messages.table_arn], "dynamodb:DeleteItem", conditions=only(WORDS, REACTIONS, PINS))
    command.allow(
        [data.connections.table_arn],
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
    )
    command.allow([posting.websocket.connections], "execute-api:ManageConnections")
    command.allow([posting.delivery.queue.queue_arn, posting.notices.queue.queue_arn], "sqs:SendMessage")
    posting.protection.allow_hook(command)
