"""The service: functions, their APIs, queues and topics. Every grant stands here, next to the function that has it."""

from __future__ import annotations

from typing import Any, get_args

import aws_cdk as cdk
import msgspec
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from cdk.config import StageConfig
from cdk.constructs.alarms import AlarmTopic
from cdk.constructs.dead_letters import WorkQueue
from cdk.constructs.function import ChatFunction, LayerVersions, Platform
from cdk.constructs.http_api import HttpApi
from cdk.constructs.media_pipeline import MediaPipeline
from cdk.constructs.permissions import acknowledge
from cdk.constructs.room_events import MESSAGE_POSTED, RoomEvents
from cdk.constructs.websocket import WebSocket
from cdk.stacks.data import DataStack
from chat.protocol import AnyCommand
from chat.settings import Settings
from layers.build import Target

ACTIONS = tuple(str(msgspec.inspect.type_info(command).tag) for command in get_args(AnyCommand))  # type: ignore[attr-defined]
"""The commands of the protocol; each has a route."""

HTTP_EVENTS_TIMEOUT_S = 28
"""Longer than a stream is held (20 s), shorter than API Gateway waits (29 s)."""

DELIVER_TIMEOUT_S = 30
NOTICES_TIMEOUT_S = 15
ACTIVITY_TIMEOUT_S = 30
INDEX_TIMEOUT_S = 30
WORDS = "w#*"
"""Partition keys of the search index, in the table of messages: who keeps it may touch no message."""

NONCES = "nonce#*"
REACTIONS, PINS = "x#*", "p#*"
"""As `WORDS`, of what is beside messages and comes and goes: whoever carries out commands may delete no message."""

TICKETS = "ticket#*"
"""Partition keys of tickets: a function at the door may touch nothing else in the table of connections."""


class ServiceStack(cdk.Stack):
    """Everything that the next deployment may replace."""

    def __init__(
        self, scope: Construct, construct_id: str, *, config: StageConfig, data: DataStack, layer_target: Target
    ) -> None:
        super().__init__(scope, construct_id, description=f"Chat {config.name}: functions, APIs, queues, state machine")
        self._config = config
        self._data = data
        self._platform = Platform(
            config=config, layers=LayerVersions(self, "Layers", config=config, target=layer_target)
        )
        self.alarms = AlarmTopic(self, "Alarms", config=config)
        self.websocket = WebSocket(self, "WebSocket", config=config)
        self.http = HttpApi(self, "Http", config=config)
        self._delivery = WorkQueue(
            self, "Delivery", source="delivery", worker_timeout_s=DELIVER_TIMEOUT_S, alarms=self.alarms
        )
        self._notices = WorkQueue(
            self, "Notices", source="notices", worker_timeout_s=NOTICES_TIMEOUT_S, alarms=self.alarms
        )
        self._events = RoomEvents(self, "RoomEvents", config=config, alarms=self.alarms)

        self._moderation_secret = self._add_moderation_secret()
        self._add_door()
        self._add_sign_in()
        self._add_wallets()
        self._add_commands()
        self._add_fallback()
        self._add_delivery()
        self._add_notices()
        self._add_events()
        self._add_media()
        self._add_operations()
        self._publish_addresses()

    def _add_door(self) -> None:
        """Opening and closing a socket."""
        connections = self._data.connections
        settings = self._settings(connections_table=connections.table_name)
        authorize = self._function("Authorize", "connect.authorize", settings, timeout_s=5)
        authorize.allow([connections.table_arn], "dynamodb:DeleteItem", conditions=_leading_keys(TICKETS))
        noticed = self._settings(
            connections_table=connections.table_name, notices_queue_url=self._notices.queue.queue_url
        )
        connect = self._function("Connect", "connect.connect", noticed, timeout_s=10)
        connect.allow([connections.table_arn], "dynamodb:PutItem")
        connect.allow([self._notices.queue.queue_arn], "sqs:SendMessage")
        disconnect = self._function("Disconnect", "connect.disconnect", noticed, timeout_s=15)
        disconnect.allow([connections.table_arn], "dynamodb:Query", "dynamodb:DeleteItem")
        disconnect.allow([self._notices.queue.queue_arn], "sqs:SendMessage")
        self.websocket.add_door(authorizer=authorize, connect=connect, disconnect=disconnect)

    def _add_sign_in(self) -> None:
        """From a name (built-in issuer only) or an issuer's token to a ticket for one socket."""
        connections = self._data.connections
        secret = self._data.session_secret
        if secret and not self._config.issuer:
            sessions = self._function(
                "Sessions",
                "connect.sessions",
                self._settings(session_secret_arn=secret.secret_arn),
                timeout_s=10,
                layers=("identity",),
            )
            sessions.allow([secret.secret_arn], "secretsmanager:GetSecretValue")
            self.http.add("POST", "/api/sessions", sessions)
        tickets = self._function(
            "Tickets",
            "connect.tickets",
            self._settings(
                connections_table=connections.table_name, websocket_url=self.websocket.url, **self._identity()
            ),
            timeout_s=10,
            layers=("identity",),
        )
        tickets.allow([connections.table_arn], "dynamodb:PutItem", conditions=_leading_keys(TICKETS))
        self._allow_identity(tickets)
        self.http.add("POST", "/api/tickets", tickets)

    def _add_wallets(self) -> None:
        """From a signed message (EIP-4361) to a session."""
        connections, secret, wallet = self._data.connections, self._data.session_secret, self._config.wallet
        if not (secret and wallet):
            return
        nonces = self._function(
            "WalletNonces",
            "connect.wallet_nonces",
            self._settings(connections_table=connections.table_name),
            timeout_s=5,
        )
        nonces.allow([connections.table_arn], "dynamodb:PutItem", conditions=_leading_keys(NONCES))
        self.http.add("POST", "/api/wallet/nonces", nonces)
        parameter = site_url_parameter(self._config)
        sessions = self._function(
            "WalletSessions",
            "connect.wallet_sessions",
            self._settings(
                connections_table=connections.table_name,
                session_secret_arn=secret.secret_arn,
                wallet_chains=self._wallet_chains(),
                site_url_parameter=parameter,
            ),
            timeout_s=10,
            layers=("identity", "wallet"),
        )
        sessions.allow([connections.table_arn], "dynamodb:DeleteItem", conditions=_leading_keys(NONCES))
        sessions.allow([secret.secret_arn], "secretsmanager:GetSecretValue")
        name = parameter.removeprefix("/")
        sessions.allow([self.format_arn(service="ssm", resource="parameter", resource_name=name)], "ssm:GetParameter")
        self.http.add("POST", "/api/wallet/sessions", sessions)

    def _wallet_chains(self) -> str | None:
        wallet = self._config.wallet
        return ",".join(str(chain) for chain in wallet.chains) if wallet else None

    def _add_commands(self) -> None:
        """Frames from clients. API Gateway gives up after 29 s; a client would long have sent again."""
        command = self._function("Command", "message.command", self._posting(), timeout_s=15, memory_mb=1024)
        self._allow_commands(command)
        self.websocket.add_commands(ACTIONS, command)

    def _add_fallback(self) -> None:
        """The same frames for clients that can't keep a socket open: commands by POST, events as a held GET."""
        rooms, messages = self._data.rooms, self._data.messages
        command = self._function(
            "HttpCommand",
            "message.http_command",
            self._posting(**self._identity()),
            timeout_s=15,
            memory_mb=1024,
            layers=("identity",),
        )
        self._allow_commands(command)
        self._allow_identity(command)
        self.http.add("POST", "/api/commands", command)
        events = self._function(
            "HttpEvents",
            "message.http_events",
            self._settings(rooms_table=rooms.table_name, messages_table=messages.table_name, **self._identity()),
            timeout_s=HTTP_EVENTS_TIMEOUT_S,
            memory_mb=256,
            layers=("identity",),
        )
        events.allow([rooms.table_arn], "dynamodb:GetItem")
        # Who reads a number that nobody stored closes it with a `void` entry.
        events.allow(
            [messages.table_arn], "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem"
        )
        self._allow_identity(events)
        self.http.add("GET", "/api/events", events, throttle=self._config.held)

    def _allow_commands(self, command: ChatFunction) -> None:
        """What carrying out any command takes."""
        rooms, messages, connections = self._data.rooms, self._data.messages, self._data.connections
        command.allow(
            [rooms.table_arn],
            "dynamodb:GetItem",
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            "dynamodb:ConditionCheckItem",
        )
        command.allow(
            [messages.table_arn],
            "dynamodb:GetItem",
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
        )
        beside = _leading_keys(WORDS, REACTIONS, PINS)
        command.allow([messages.table_arn], "dynamodb:DeleteItem", conditions=beside)
        command.allow(
            [connections.table_arn],
            "dynamodb:GetItem",
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
        )
        command.allow([self.websocket.connections], "execute-api:ManageConnections")
        command.allow([self._delivery.queue.queue_arn, self._notices.queue.queue_arn], "sqs:SendMessage")
        self._allow_hook(command)

    def _add_moderation_secret(self) -> secretsmanager.Secret | None:
        """What requests to an HTTP moderation hook are signed with: whoever runs the hook is given it."""
        hook = self._config.moderation
        if hook is None or hook.function:
            return None
        secret = secretsmanager.Secret(
            self,
            "ModerationSecret",
            description="Signs requests to the moderation hook",
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
        )
        acknowledge(secret, "SMG4", "The hook must be given a new key at the same moment, which only its owner can do.")
        cdk.CfnOutput(self, "ModerationSecretArn", value=secret.secret_arn)
        return secret

    def _add_delivery(self) -> None:
        """Slices of large rooms, and connections that could not be reached at once."""
        connections = self._data.connections
        deliver = self._function(
            "Deliver",
            "message.deliver",
            self._settings(
                rooms_table=self._data.rooms.table_name, connections_table=connections.table_name, **self._fanout()
            ),
            timeout_s=DELIVER_TIMEOUT_S,
            memory_mb=1024,
        )
        # Whom a message to everybody in a room is for.
        deliver.allow([self._data.rooms.table_arn], "dynamodb:Query")
        deliver.allow([connections.table_arn], "dynamodb:Query", "dynamodb:DeleteItem")
        deliver.allow([self.websocket.connections], "execute-api:ManageConnections")
        deliver.allow([self._delivery.queue.queue_arn], "sqs:SendMessage")
        deliver.add_event_source(
            sources.SqsEventSource(self._delivery.queue, batch_size=10, report_batch_item_failures=True)
        )

    def _add_notices(self) -> None:
        """Who came and went, and rooms in which cursors moved: apart from messages, so that it never delays them."""
        rooms, connections = self._data.rooms, self._data.connections
        notices = self._function(
            "Notice",
            "message.notices",
            self._settings(
                rooms_table=rooms.table_name,
                connections_table=connections.table_name,
                connections_url=self.websocket.connections_url,
                notices_queue_url=self._notices.queue.queue_url,
            ),
            timeout_s=NOTICES_TIMEOUT_S,
        )
        notices.allow([rooms.table_arn], "dynamodb:Query", "dynamodb:PutItem")
        notices.allow([connections.table_arn], "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem")
        notices.allow([self.websocket.connections], "execute-api:ManageConnections")
        notices.allow([self._notices.queue.queue_arn], "sqs:SendMessage")
        notices.add_event_source(
            sources.SqsEventSource(self._notices.queue, batch_size=10, report_batch_item_failures=True)
        )

    def _add_events(self) -> None:
        """What follows from a message, away from its way."""
        outbox = self._function(
            "Outbox", "message.outbox", self._settings(events_topic_arn=self._events.topic.topic_arn), timeout_s=30
        )
        outbox.allow([self._events.topic.topic_arn], "sns:Publish")
        self._events.feed(outbox, self._data.messages)
        activity = self._function(
            "Activity",
            "message.activity",
            self._settings(rooms_table=self._data.rooms.table_name),
            timeout_s=ACTIVITY_TIMEOUT_S,
        )
        activity.allow([self._data.rooms.table_arn], "dynamodb:PutItem", "dynamodb:UpdateItem")
        self._events.subscribe("Activity", activity, timeout_s=ACTIVITY_TIMEOUT_S, events=[MESSAGE_POSTED])
        messages = self._data.messages
        index = self._function(
            "Index", "message.index", self._settings(messages_table=messages.table_name), timeout_s=INDEX_TIMEOUT_S
        )
        index.allow([messages.table_arn], "dynamodb:PutItem", conditions=_leading_keys(WORDS))
        self._events.subscribe("Index", index, timeout_s=INDEX_TIMEOUT_S, events=[MESSAGE_POSTED])

    def _add_media(self) -> None:
        """Permission to upload, then the steps of the state machine."""
        rooms, messages, connections = self._data.rooms, self._data.messages, self._data.connections
        media, bucket = self._data.media, self._data.media.bucket
        uploads = self._function(
            "Uploads",
            "media.uploads",
            self._settings(rooms_table=rooms.table_name, media_bucket=bucket.bucket_name, **self._identity()),
            timeout_s=10,
            layers=("identity", "data"),
        )
        uploads.allow([rooms.table_arn], "dynamodb:GetItem", "dynamodb:PutItem")
        # The client uploads with this function's authority: the presigned form can't do more than the function may.
        uploads.allow([media.uploads], "s3:PutObject")
        self._allow_identity(uploads)
        self.http.add("POST", "/api/media", uploads)

        thumbnail = self._function(
            "Thumbnail",
            "media.thumbnail",
            self._settings(rooms_table=rooms.table_name, media_bucket=bucket.bucket_name),
            timeout_s=60,
            memory_mb=1769,
            layers=("imaging", "data"),
        )
        thumbnail.allow([rooms.table_arn], "dynamodb:GetItem")
        thumbnail.allow([media.uploads], "s3:GetObject")
        thumbnail.allow([media.variants], "s3:PutObject")

        announce = self._function("Announce", "media.announce", self._posting(), timeout_s=25, layers=("data",))
        announce.allow(
            [rooms.table_arn], "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"
        )
        announce.allow(
            [messages.table_arn], "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"
        )
        announce.allow([connections.table_arn], "dynamodb:GetItem", "dynamodb:Query", "dynamodb:DeleteItem")
        announce.allow([self.websocket.connections], "execute-api:ManageConnections")
        announce.allow([self._delivery.queue.queue_arn], "sqs:SendMessage")

        reject = self._function(
            "Reject",
            "media.reject",
            self._settings(
                rooms_table=rooms.table_name,
                connections_table=connections.table_name,
                connections_url=self.websocket.connections_url,
                media_bucket=bucket.bucket_name,
            ),
            timeout_s=30,
            layers=("data",),
        )
        reject.allow([rooms.table_arn], "dynamodb:GetItem", "dynamodb:UpdateItem")
        reject.allow([connections.table_arn], "dynamodb:Query", "dynamodb:DeleteItem")
        reject.allow([self.websocket.connections], "execute-api:ManageConnections")
        reject.allow([media.uploads], "s3:DeleteObject")

        self.media_pipeline = MediaPipeline(
            self,
            "MediaPipeline",
            config=self._config,
            bucket=bucket,
            thumbnail=thumbnail,
            announce=announce,
            reject=reject,
            alarms=self.alarms,
        )

    def _add_operations(self) -> None:
        """What the page and whoever watches the stage ask first."""
        data = self._data
        health = self._function(
            "Health",
            "ops.health",
            self._settings(
                rooms_table=data.rooms.table_name,
                messages_table=data.messages.table_name,
                connections_table=data.connections.table_name,
                delivery_queue_url=self._delivery.queue.queue_url,
                events_topic_arn=self._events.topic.topic_arn,
                media_bucket=data.media.bucket.bucket_name,
            ),
            timeout_s=5,
        )
        tables = [table.table_arn for table in (data.rooms, data.messages, data.connections)]
        health.allow(tables, "dynamodb:DescribeTable")
        health.allow([self._delivery.queue.queue_arn], "sqs:GetQueueAttributes")
        health.allow([self._events.topic.topic_arn], "sns:GetTopicAttributes")
        health.allow([data.media.bucket.bucket_arn], "s3:ListBucket")
        self.http.add("GET", "/api/health", health)

        issuer = self._config.issuer
        config = self._function(
            "Config",
            "ops.config",
            self._settings(
                websocket_url=self.websocket.url,
                oidc_issuer=issuer.issuer if issuer else None,
                wallet_chains=self._wallet_chains(),
            ),
            timeout_s=5,
        )
        self.http.add("GET", "/api/config", config)

    def _publish_addresses(self) -> None:
        """Where others find the service: outputs for people and tools, parameters for other stacks' code."""
        http_url = self.http.api.api_endpoint
        cdk.CfnOutput(self, "WebSocketApiId", value=self.websocket.api.api_id)
        cdk.CfnOutput(self, "WebSocketUrl", value=self.websocket.url)
        cdk.CfnOutput(self, "HttpApiId", value=self.http.api.api_id)
        cdk.CfnOutput(self, "HttpApiUrl", value=http_url)
        cdk.CfnOutput(self, "MediaStateMachineArn", value=self.media_pipeline.machine.state_machine_arn)
        for name, url in (("websocket-url", self.websocket.url), ("http-api-url", http_url)):
            ssm.StringParameter(
                self, f"{name}-parameter", parameter_name=f"/chat/{self._config.name}/{name}", string_value=url
            )

    def _function(
        self,
        construct_id: str,
        handler: str,
        settings: Settings,
        *,
        timeout_s: int,
        memory_mb: int = 512,
        layers: tuple[str, ...] = (),
    ) -> ChatFunction:
        return ChatFunction(
            self,
            construct_id,
            platform=self._platform,
            handler=handler,
            settings=settings,
            timeout_s=timeout_s,
            memory_mb=memory_mb,
            layers=layers,
        )

    def _settings(self, **values: str | None) -> Settings:
        return Settings(stage=self._config.name, **values)

    def _posting(self, **more: str | None) -> Settings:
        """What numbering, storing and delivering a message needs."""
        return self._settings(
            rooms_table=self._data.rooms.table_name,
            messages_table=self._data.messages.table_name,
            connections_table=self._data.connections.table_name,
            notices_queue_url=self._notices.queue.queue_url,
            **self._fanout(),
            **self._protection(),
            **more,
        )

    def _protection(self) -> dict[str, str | None]:
        """What limits users and checks texts."""
        limit, hook = self._config.user_limit, self._config.moderation
        secret = self._moderation_secret
        return {
            "user_rate_per_s": str(limit.rate),
            "user_burst": str(limit.burst),
            "blocked_words": " ".join(self._config.blocked_words) or None,
            "moderation_hook": hook.target if hook else None,
            "moderation_deadline_ms": str(hook.deadline_ms) if hook else None,
            "moderation_failure": hook.failure if hook else None,
            "moderation_secret_arn": secret.secret_arn if secret else None,
        }

    def _allow_hook(self, function: ChatFunction) -> None:
        """Asking the moderation hook, whichever it is."""
        hook, secret = self._config.moderation, self._moderation_secret
        if hook and hook.function:
            function.allow([hook.target], "lambda:InvokeFunction")
        if secret:
            function.allow([secret.secret_arn], "secretsmanager:GetSecretValue")

    def _fanout(self) -> dict[str, str]:
        """What reaching connections needs, beside their table."""
        return {
            "connections_url": self.websocket.connections_url,
            "delivery_queue_url": self._delivery.queue.queue_url,
        }

    def _identity(self) -> dict[str, Any]:
        """What checking a caller's token needs: the session secret, or the issuer."""
        secret, issuer = self._data.session_secret, self._config.issuer
        return {
            "oidc_issuer": issuer.issuer if issuer else None,
            "oidc_audience": issuer.audience if issuer else None,
            "session_secret_arn": secret.secret_arn if secret else None,
            "wallet_chains": self._wallet_chains(),
        }

    def _allow_identity(self, function: ChatFunction) -> None:
        secret = self._data.session_secret
        if secret:
            function.allow([secret.secret_arn], "secretsmanager:GetSecretValue")


def _leading_keys(*patterns: str) -> dict[str, dict[str, object]]:
    """Restricts a statement to items whose partition key matches."""
    return {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(patterns)}}


def site_url_parameter(config: StageConfig) -> str:
    """Where the address of the page is kept: a function reads it, because the page is deployed last."""
    return f"/chat/{config.name}/site-url"
