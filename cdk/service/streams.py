"""Events for clients that can't keep a socket open, as a held GET."""

from __future__ import annotations

from cdk.constructs.function import Platform
from cdk.constructs.http_api import HttpApi
from cdk.service.identity import Identity
from cdk.stacks.data import DataStack

STREAM_TIMEOUT_S = 28
"""Longer than a stream is held (20 s), shorter than API Gateway waits (29 s)."""


def add_streams(platform: Platform, *, data: DataStack, http: HttpApi, identity: Identity) -> None:
    """`/api/events`, throttled apart from all else: each request keeps a function running."""
    rooms, messages = data.rooms, data.messages
    events = platform.function(
        "HttpEvents",
        "message.http_events",
        platform.settings(rooms_table=rooms.table_name, messages_table=messages.table_name, **identity.settings),
        timeout_s=STREAM_TIMEOUT_S,
        memory_mb=256,
        layers=("identity",),
    )
    events.allow([rooms.table_arn], "dynamodb:GetItem")
    # Who reads a number that nobody stored closes it with a `void` entry.
    events.allow(
        [messages.table_arn], "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem"
    )
    identity.allow(events)
    http.add("GET", "/api/events", events, throttle=platform.config.held)
