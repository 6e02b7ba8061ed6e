"""Where operators look rooms and users up, and moderate: `/api/oversight`."""

from __future__ import annotations

from cdk.constructs.function import Platform
from cdk.constructs.http_api import HttpApi
from cdk.service.answers import allow_answers
from cdk.service.audit import allow_deeds
from cdk.service.identity import Identity
from cdk.service.partitions import PINS, WORDS, only
from cdk.service.posting import Posting


def add_oversight(platform: Platform, *, posting: Posting, http: HttpApi, identity: Identity) -> None:
    """As much of what carrying out commands takes as moderating does: it posts no message."""
    data = posting.data
    oversight = platform.function(
        "Oversight",
        "ops.oversight",
        platform.settings(**posting.settings, **identity.settings, **identity.operators),
        timeout_s=15,
        layers=("identity",),
    )
    identity.allow(oversight)
    allow_deeds(oversight, data)
    allow_answers(oversight, data)
    actions = (
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
    )
    removing = ("dynamodb:DeleteItem", "dynamodb:ConditionCheckItem")
    oversight.allow([data.rooms.table_arn, data.connections.table_arn], *actions, *removing)
    oversight.allow([data.messages.table_arn], *actions)
    oversight.allow([data.messages.table_arn], "dynamodb:DeleteItem", conditions=only(WORDS, PINS))
    oversight.allow([posting.websocket.connections_elsewhere()], "execute-api:ManageConnections")
    oversight.allow([posting.delivery.queue.queue_arn, posting.notices.queue.queue_arn], "sqs:SendMessage")
    http.add("GET", "/api/oversight/rooms/{room}", oversight)
    http.add("GET", "/api/oversight/users/{user}", oversight)
    http.add("POST", "/api/oversight/rooms/{room}", oversight)
