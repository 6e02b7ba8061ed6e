"""The stub's process: reads what it is to be from standard input, prints its ports and serves until it is ended."""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path

import msgspec

from loadtest.stub.certificates import Authority
from loadtest.stub.connections import Connections
from loadtest.stub.dynamodb import DynamoDb
from loadtest.stub.http import listen
from loadtest.stub.process import Order, Ports


async def serve(order: Order) -> None:
    """Serves for good."""
    authority = Authority(Path(order.certificate), Path(order.key))
    protocols = ("h2", "http/1.1") if order.http2 else ("http/1.1",)
    connections = await listen(Connections(order.post_s, order.throttled), authority.context(*protocols))
    # DynamoDB speaks no HTTP/2.
    database = await listen(DynamoDb(order.database_s), authority.context("http/1.1"))
    ports = Ports(*(server.sockets[0].getsockname()[1] for server in (connections, database)))
    print(msgspec.json.encode(ports).decode(), flush=True)
    gc.freeze()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(msgspec.json.decode(sys.stdin.read(), type=Order)))
