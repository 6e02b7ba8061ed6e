"""Pages that are read while something else is under way: whom to tell while a message is stored, the next slice while
one is posted to.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from chat import messages
from chat.aws.client import AwsClient
from chat.aws.credentials import Credentials
from chat.aws.dynamodb import DynamoDbTable
from chat.aws.sockets import ApiGatewaySockets
from chat.ports import Query
from chat.services import Services
from chat.storage.connections import ConnectionRegistry
from chat.storage.messages import Draft, MessageLog
from loadtest.stub.dynamodb import DynamoDb
from simulation.world import World
from tests.unit.aws_server import Answer, Hang, Reaction, Received, Server, serving

ROOM = "lunch"
TOGETHER_S = 5
"""How long a call waits for the one that should be under way with it."""


@dataclass
class Cloud:
    """DynamoDB and `@connections` in one server."""

    server: Server
    client: AwsClient
    lonely: list[str] = field(default_factory=list)
    """Calls that were to be under way with another one, which did not come."""
    failing: dict[str, Reaction | int] = field(default_factory=dict)
    """What becomes of the next call of an operation."""
    _database: DynamoDb = field(default_factory=lambda: DynamoDb(0))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _arrived: dict[str, threading.Event] = field(default_factory=dict)

    def expect_together(self, *operations: str) -> None:
        """From now on none of these is answered before all are under way, or one is missing for long."""
        self.server.received.clear()
        self._arrived = {operation: threading.Event() for operation in operations}

    def answer(self, received: Received) -> Reaction | int:
        operation = operation_of(received)
        if operation in self._arrived:
            self._arrived[operation].set()
            if not all(arrived.wait(TOGETHER_S) for arrived in self._arrived.values()):
                self.lonely.append(operation)
        if operation in self.failing:
            return self.failing.pop(operation)
        if operation == "post":
            return 200
        with self._lock:
            answered = self._database.answer("/", received.headers["x-amz-target"], received.body)
        return Answer(answered.status, answered.body)

    @property
    def asked(self) -> list[str]:
        return [operation_of(received) for received in self.server.received]

    @property
    def table(self) -> DynamoDbTable:
        return DynamoDbTable(self.client, "table")


def operation_of(received: Received) -> str:
    return received.headers.get("x-amz-target", ".post").rpartition(".")[2]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with serving() as server:
        client = AwsClient(region="eu-west-1", credentials=Credentials("id", "key"), endpoint_url=server.url)
        cloud = Cloud(server, client)
        server.answer = cloud.answer
        yield cloud


@pytest.fixture
def services(cloud: Cloud) -> Services:
    """A stage in memory whose log, subscriptions and sockets are in that cloud; two sockets follow a room."""
    world = World()
    registry = ConnectionRegistry(cloud.table)
    sockets = ApiGatewaySockets(cloud.client, cloud.server.url)
    fanout = replace(world.services.fanout, connections=registry, sockets=sockets)
    for name in ("host-1", "ada-1"):
        registry.subscribe(name, ROOM, name, world.clock.now_ms())
    return replace(world.services, messages=MessageLog(cloud.table), fanout=fanout)


def say(services: Services, text: str) -> None:
    draft = Draft(ROOM, "text", "host", "Host", text, text, services.clock.now_ms())
    messages.post(services, draft, except_connection="host-1")


def test_whom_to_tell_is_read_while_the_message_is_stored(cloud: Cloud, services: Services) -> None:
    say(services, "what the client learns of its services")
    cloud.expect_together("TransactWriteItems", "Query")
    say(services, "hello")
    assert cloud.lonely == []
    assert cloud.asked[0] == "UpdateItem"
    assert sorted(cloud.asked[1:3]) == ["Query", "TransactWriteItems"]
    assert cloud.asked[3:] == ["post"]


@pytest.mark.parametrize("failure", [503, 400, Hang()])
def test_what_could_not_be_read_meanwhile_is_read_when_it_is_wanted(
    cloud: Cloud, services: Services, failure: Reaction | int
) -> None:
    cloud.failing["Query"] = failure
    say(services, "hello")
    assert Counter(cloud.asked)["Query"] == 2
    assert cloud.asked[-2:] == ["Query", "post"]


def test_the_next_slice_is_read_while_one_is_posted_to(cloud: Cloud, services: Services) -> None:
    connections, sockets = services.fanout.connections, services.fanout.sockets
    sockets.post(["somebody"], b"{}")
    parts = connections.slices(ROOM, 0, 1, 2)
    first = next(parts)
    cloud.expect_together("Query", "post")
    sockets.post(first.connections, b"{}")
    assert [part.connections for part in (first, *parts)] == [["ada-1"], ["host-1"]]
    assert cloud.lonely == []
    assert sorted(cloud.asked) == ["Query", "post"]


def test_a_page_that_nobody_wants_to_wait_for_is_read_at_once(cloud: Cloud) -> None:
    cloud.table.put({"pk": "p", "sk": "a"})
    page = cloud.table.read_ahead(Query("p"))
    assert page().items == [{"pk": "p", "sk": "a"}]
    assert cloud.table.get(("p", "b")) is None
    assert cloud.asked == ["PutItem", "Query", "GetItem"]
