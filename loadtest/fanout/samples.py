"""Fan-out as samples do it: subscribers from DynamoDB, `post_to_connection` for each, rows of dead ones deleted.

Written by us, with kept connections and clients that are made once, which is more than most samples do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.config import Config

from chat.storage import keys
from loadtest.fanout.job import ROOM, TABLE
from loadtest.stub.process import Stub

THREADS = 32
CONNECTIONS = 64

PARTITION = keys.subscription_shard(ROOM, 0)
QUERY: dict[str, Any] = {
    "TableName": TABLE,
    "KeyConditionExpression": "pk = :pk",
    "ExpressionAttributeValues": {":pk": {"S": PARTITION}},
}


class OneAfterAnother:
    """A loop over the subscribers, and boto3."""

    def __init__(self, stub: Stub) -> None:
        config = Config(max_pool_connections=THREADS)
        self._database = boto3.client("dynamodb", endpoint_url=stub.database_url, config=config)
        self._posts: Any = boto3.client("apigatewaymanagementapi", endpoint_url=stub.connections_url, config=config)

    def send(self, frame: bytes) -> None:
        """One message."""
        for row in self.subscribers():
            self.post(row, frame)

    def subscribers(self) -> Iterator[dict[str, Any]]:
        """The room's rows, page by page."""
        for page in self._database.get_paginator("query").paginate(**QUERY):
            yield from page["Items"]

    def post(self, row: dict[str, Any], frame: bytes) -> None:
        """One recipient."""
        try:
            self._posts.post_to_connection(ConnectionId=row["connection"]["S"], Data=frame)
        except self._posts.exceptions.GoneException:
            self._database.delete_item(TableName=TABLE, Key={"pk": row["pk"], "sk": row["sk"]})

    def close(self) -> None:
        """Nothing to end."""


class WithThreads(OneAfterAnother):
    """As before, with threads that share the clients."""

    def __init__(self, stub: Stub) -> None:
        super().__init__(stub)
        self._threads = ThreadPoolExecutor(THREADS)

    def send(self, frame: bytes) -> None:
        """One message."""
        for _ in self._threads.map(lambda row: self.post(row, frame), self.subscribers()):
            pass

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown()


class ByScan(OneAfterAnother):
    """As the samples that keep no rooms apart: all connections are read, the room's are picked out."""

    def subscribers(self) -> Iterator[dict[str, Any]]:
        """The room's rows, out of all rows there are."""
        pages = self._database.get_paginator("scan").paginate(
            TableName=TABLE, FilterExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": PARTITION}}
        )
        for page in pages:
            yield from page["Items"]


class Asynchronous:
    """All posts gathered in one event loop."""

    def __init__(self, stub: Stub) -> None:
        self._stub = stub
        self._runner = asyncio.Runner()
        self._runner.run(self._open())

    def send(self, frame: bytes) -> None:
        """One message."""
        self._runner.run(self._send(frame))

    def close(self) -> None:
        """Closes the clients."""
        self._runner.run(self._close())
        self._runner.close()

    async def _open(self) -> None:
        session, config = get_session(), AioConfig(max_pool_connections=CONNECTIONS)
        self._contexts = [
            session.create_client("dynamodb", endpoint_url=self._stub.database_url, config=config),
            session.create_client("apigatewaymanagementapi", endpoint_url=self._stub.connections_url, config=config),
        ]
        self._database, self._posts = [await context.__aenter__() for context in self._contexts]

    async def _send(self, frame: bytes) -> None:
        rows: list[dict[str, Any]] = []
        async for page in self._database.get_paginator("query").paginate(**QUERY):
            rows += page["Items"]
        await asyncio.gather(*(self._post(row, frame) for row in rows))

    async def _post(self, row: dict[str, Any], frame: bytes) -> None:
        try:
            await self._posts.post_to_connection(ConnectionId=row["connection"]["S"], Data=frame)
        except self._posts.exceptions.GoneException:
            await self._database.delete_item(TableName=TABLE, Key={"pk": row["pk"], "sk": row["sk"]})

    async def _close(self) -> None:
        for context in self._contexts:
            await context.__aexit__(None, None, None)
