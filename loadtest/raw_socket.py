"""As little as a WebSocket client can be, so that the server is what is measured."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from loadtest.bench_servers import Target


class RawSocket(asyncio.Protocol):
    """Sends one prepared frame and counts the bytes of its echo."""

    def __init__(self) -> None:
        self._awaited: asyncio.Future[None] | None = None
        self._received = bytearray()
        self._want = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Wakes whoever waits once the awaited end has come."""
        self._received += data
        if self._awaited is not None and not self._awaited.done() and self._received.endswith(self._want):
            self._received.clear()
            self._awaited.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fails whoever waits."""
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_exception(exc or ConnectionError("the server closed the connection"))

    async def exchange(self, data: bytes, want: bytes) -> None:
        """Sends `data` and waits for bytes that end with `want`."""
        self._awaited, self._want = asyncio.get_running_loop().create_future(), want
        self._transport.write(data)
        await asyncio.wait_for(self._awaited, 60)

    def close(self) -> None:
        """Cuts the connection."""
        self._transport.abort()


async def open_socket(target: Target) -> RawSocket:
    """One open WebSocket."""
    loop = asyncio.get_running_loop()
    _, raw = await loop.create_connection(RawSocket, "127.0.0.1", target.port)
    head = (
        f"GET {target.path} HTTP/1.1\r\nHost: {target.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await raw.exchange(head.encode(), b"\r\n\r\n")
    return raw


@asynccontextmanager
async def opened(target: Target, count: int) -> AsyncIterator[list[RawSocket]]:
    """`count` open sockets, 100 handshakes at a time."""
    sockets: list[RawSocket] = []
    try:
        while len(sockets) < count:
            batch = min(100, count - len(sockets))
            sockets += await asyncio.gather(*(open_socket(target) for _ in range(batch)))
        yield sockets
    finally:
        for raw in sockets:
            raw.close()
