"""Users who are away: where they register their devices, and who tells them."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_lambda_event_sources as sources

from cdk.constructs.dead_letters import WorkQueue
from cdk.constructs.function import ChatFunction, Platform
from cdk.constructs.http_api import HttpApi
from cdk.constructs.permissions import Pattern, pattern_in
from cdk.constructs.room_events import RoomEvents
from cdk.service.identity import Identity
from cdk.service.partitions import DEVICES, PUSH, ROOMS, only
from cdk.stacks.data import DataStack
from chat.events import MESSAGE_POSTED

PUSH_TIMEOUT_S = 60
"""Telephones are told one after the other, a second each at worst."""


class MobileApplications:
    """The stage's platform applications of SNS, which somebody has made with the keys of Apple and Google."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.arns = platform.config.push.applications

    @property
    def setting(self) -> str | None:
        """As functions are told of them."""
        return ",".join(self.arns) or None

    def allow_enrolling(self, function: ChatFunction) -> None:
        """Lets `function` make telephones known to the applications."""
        if self.arns:
            function.allow(list(self.arns), "sns:CreatePlatformEndpoint")
            function.allow(self._endpoints(), "sns:SetEndpointAttributes", "sns:DeleteEndpoint")

    def allow_telling(self, function: ChatFunction) -> None:
        """Lets `function` send to telephones, and forget those that are gone."""
        if self.arns:
            function.allow(self._endpoints(), "sns:Publish", "sns:DeleteEndpoint")

    def allow_forgetting(self, function: ChatFunction) -> None:
        """Lets `function` forget telephones."""
        if self.arns:
            function.allow(self._endpoints(), "sns:DeleteEndpoint")

    def _endpoints(self) -> Sequence[Pattern]:
        reason = "Telephones have no names before their users register them."
        stack = self._platform.stack
        return [pattern_in(stack, arn.replace(":app/", ":endpoint/") + "/*", reason) for arn in self.arns]


def add_push(
    platform: Platform,
    *,
    data: DataStack,
    events: RoomEvents,
    later: WorkQueue,
    http: HttpApi,
    identity: Identity,
    applications: MobileApplications,
) -> None:
    """`/api/push/…`, and who hears of messages. `later` is what waits for its time."""
    private = "allowed" if platform.config.local else None
    _add_desk(platform, data=data, http=http, identity=identity, applications=applications, private=private)

    push = platform.function(
        "PushMessages",
        "message.push",
        platform.settings(
            rooms_table=data.rooms.table_name,
            connections_table=data.connections.table_name,
            push_queue_url=later.queue.queue_url,
            outbound_secret_arn=data.outbound_secret.secret_arn,
            outbound_private=private,
            push_applications=applications.setting,
            push_hide_text=None if platform.config.push.shows_text else "yes",
            push_contact=platform.config.push.contact,
        ),
        timeout_s=PUSH_TIMEOUT_S,
        layers=("identity",),
    )
    # Members, their lists of rooms and the rooms themselves are looked at, not changed.
    push.allow([data.rooms.table_arn], "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
    push.allow(
        [data.rooms.table_arn],
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        conditions=only(PUSH, DEVICES),
    )
    push.allow([data.connections.table_arn], "dynamodb:BatchGetItem")
    push.allow([later.queue.queue_arn], "sqs:SendMessage")
    push.allow([data.outbound_secret.secret_arn], "secretsmanager:GetSecretValue")
    applications.allow_telling(push)
    events.subscribe("Push", push, timeout_s=PUSH_TIMEOUT_S, events=[MESSAGE_POSTED])
    push.live.add_event_source(sources.SqsEventSource(later.queue, batch_size=10, report_batch_item_failures=True))


def _add_desk(
    platform: Platform,
    *,
    data: DataStack,
    http: HttpApi,
    identity: Identity,
    applications: MobileApplications,
    private: str | None,
) -> None:
    desk = platform.function(
        "PushSubscriptions",
        "connect.push_subscriptions",
        platform.settings(
            rooms_table=data.rooms.table_name,
            outbound_secret_arn=data.outbound_secret.secret_arn,
            outbound_private=private,
            push_applications=applications.setting,
            push_contact=platform.config.push.contact,
            **identity.settings,
        ),
        timeout_s=10,
        layers=("identity",),
    )
    desk.allow(
        [data.rooms.table_arn],
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:PutItem",
        "dynamodb:DeleteItem",
        conditions=only(PUSH, DEVICES),
    )
    # What a member wants to hear of a room stands in their membership.
    desk.allow([data.rooms.table_arn], "dynamodb:GetItem", "dynamodb:UpdateItem", conditions=only(ROOMS))
    desk.allow([data.outbound_secret.secret_arn], "secretsmanager:GetSecretValue")
    identity.allow(desk)
    applications.allow_enrolling(desk)
    http.add("GET", "/api/push/subscriptions", desk)
    http.add("POST", "/api/push/subscriptions", desk)
    http.add("DELETE", "/api/push/subscriptions", desk)
    http.add("GET", "/api/push/levels/{room}", desk)
    http.add("POST", "/api/push/levels", desk)
