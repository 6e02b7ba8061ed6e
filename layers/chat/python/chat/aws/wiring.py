"""Puts the pieces together for one function instance: settings and runtime in, adapters and use cases out.

Every function below is called once per instance and remembers its result, so that connections are kept between
invocations. A function calls only what it needs, and needs only the settings of what it calls.
"""

from __future__ import annotations

import secrets
import time
from functools import cache

from chat.aws.client import AwsClient, Credentials
from chat.aws.dynamodb import DynamoDbTable
from chat.aws.queues import SnsTopic, SqsQueue
from chat.aws.sockets import ApiGatewaySockets
from chat.services import Fanout, Services
from chat.settings import Runtime, Settings
from chat.storage.connections import ConnectionRegistry, TicketOffice
from chat.storage.memberships import Memberships
from chat.storage.messages import MessageLog
from chat.storage.rooms import RoomDirectory


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Milliseconds since 1970, UTC."""
        return time.time_ns() // 1_000_000


class RandomIds:
    """The operating system's randomness."""

    def new(self) -> str:
        """24 bytes, 32 characters."""
        return secrets.token_urlsafe(24)


@cache
def settings() -> Settings:
    """What this function was told about its stage."""
    return Settings.from_env()


@cache
def client() -> AwsClient:
    """This instance's signed HTTP client."""
    runtime = Runtime.from_env()
    return AwsClient(
        region=runtime.region,
        credentials=Credentials(runtime.access_key, runtime.secret_key, runtime.session_token),
        endpoint_url=runtime.endpoint_url,
    )


@cache
def clock() -> SystemClock:
    """Real time."""
    return SystemClock()


@cache
def ids() -> RandomIds:
    """Unguessable names."""
    return RandomIds()


@cache
def rooms() -> RoomDirectory:
    """The rooms of the stage."""
    return RoomDirectory(DynamoDbTable(client(), settings().need("rooms_table")))


@cache
def messages() -> MessageLog:
    """The logs of the stage."""
    return MessageLog(DynamoDbTable(client(), settings().need("messages_table")))


@cache
def connections() -> ConnectionRegistry:
    """The open sockets of the stage."""
    return ConnectionRegistry(DynamoDbTable(client(), settings().need("connections_table")))


@cache
def tickets() -> TicketOffice:
    """The tickets of the stage."""
    return TicketOffice(DynamoDbTable(client(), settings().need("connections_table")))


@cache
def sockets() -> ApiGatewaySockets:
    """Where frames are posted."""
    return ApiGatewaySockets(client(), settings().need("connections_url"))


@cache
def deliveries() -> SqsQueue:
    """The delivery queue."""
    return SqsQueue(client(), settings().need("delivery_queue_url"))


@cache
def events() -> SnsTopic:
    """Where domain events are published."""
    return SnsTopic(client(), settings().need("events_topic_arn"))


@cache
def fanout() -> Fanout:
    """What reaching a room's subscribers takes."""
    return Fanout(connections=connections(), sockets=sockets(), queue=deliveries())


@cache
def services() -> Services:
    """Everything that carrying out a command needs."""
    return Services(
        rooms=rooms(),
        members=Memberships(rooms(), clock()),
        messages=messages(),
        fanout=fanout(),
        clock=clock(),
    )
