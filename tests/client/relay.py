"""A network between a client and a WebSocket server: what goes through it can be let through, refused, or cut."""

from __future__ import annotations

import asyncio
import urllib.parse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass
class Relay:
    """Stands at `url`, before `target`. With `open` false it refuses upgrades, as a proxy does."""

    target: str
    url: str = ""
    open: bool = True
    refused: int = 0
    _through: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        """Ends all that goes through at this moment."""
        for writer in self._through:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.open:
            self.refused += 1
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                writer.write(REFUSAL)
                await writer.drain()
            writer.close()
            return
        place = urllib.parse.urlsplit(self.target)
        onward = await asyncio.open_connection(place.hostname, place.port)
        self._through |= {writer, onward[1]}
        await asyncio.gather(carry(reader, onward[1]), carry(onward[0], writer))
        self._through -= {writer, onward[1]}


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One direction, until either end is gone."""
    with suppress(ConnectionError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def relaying(target: str) -> AsyncIterator[Relay]:
    """A relay before the server of a WebSocket URL."""
    relay = Relay(target)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    relay.url = urllib.parse.urlunsplit(urllib.parse.urlsplit(target)._replace(netloc=f"{host}:{port}"))
    try:
        yield relay
    finally:
        server.close()
        relay.cut()
