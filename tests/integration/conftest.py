"""Users of the running stack: signed in over HTTP, connected by a client that is not ours."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import ClientConnection, connect

from chat.aws.client import AwsClient
from chat.aws.credentials import Credentials
from chat.aws.dynamodb import DynamoDbTable
from local.stack import LocalStack
from tests.integration.users import WAIT_S, SignIn, User, session_token, ticket_url


@pytest.fixture
async def sign_in(stack: LocalStack) -> AsyncIterator[SignIn]:
    """Signs in by name and opens a socket, as often as the test asks."""
    opened: list[ClientConnection] = []

    async def open_socket(name: str) -> User:
        token = await asyncio.to_thread(session_token, stack, name)
        url = await asyncio.to_thread(ticket_url, stack, token)
        socket = await connect(url, open_timeout=WAIT_S, proxy=None, max_size=None, max_queue=None)
        opened.append(socket)
        return User(name, token, socket)

    yield open_socket
    for socket in opened:
        await socket.close()


_rooms = itertools.count(1)


@pytest.fixture
def room() -> str:
    """A room id of the test's own; the room is not made yet."""
    return f"test-{next(_rooms)}"


@pytest.fixture(scope="session")
def client(stack: LocalStack) -> AwsClient:
    """Signed HTTP to the emulator."""
    return AwsClient(region="us-east-1", credentials=Credentials("test", "test"), endpoint_url=stack.endpoint_url)


@pytest.fixture(scope="session")
def connections_table(stack: LocalStack, client: AwsClient) -> DynamoDbTable:
    """The deployed connections table."""
    return DynamoDbTable(client, stack.outputs["ConnectionsTableName"])
