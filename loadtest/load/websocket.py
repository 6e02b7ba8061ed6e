"""The client side of RFC 6455 in as little as will do: text frames out, text messages in, one small object a socket.

No extension is offered, so nothing is compressed. Frames are masked with zeros, which is a mask like any other and
costs nothing; so this is for tests, where no proxy must be protected from what a page might send.
"""

from __future__ import annotations

import asyncio
import base64
import os
import ssl
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

OPEN_TIMEOUT_S = 30.0
MAX_HEAD_BYTES = 16 * 1024
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
FINAL, MASKED = 0x80, 0x80
LENGTH_16, LENGTH_64 = 126, 127
MAX_7, MAX_16 = 125, 0xFFFF


class OpenError(Exception):
    """A socket that did not open. Never names the URL, which holds a ticket."""


class WebSocket(asyncio.Protocol):
    """An open socket. `on_text` gets each message; `on_closed` is called once, at its end, whoever ended it."""

    __slots__ = ("_fragments", "_head", "_received", "_transport", "bytes_in", "on_closed", "on_text")

    def __init__(self) -> None:
        self.on_text: Callable[[bytes], None] = _nobody
        self.on_closed: Callable[[], None] = _nobody_closed
        self.bytes_in = 0
        self._head: asyncio.Future[bytes] | None = asyncio.get_running_loop().create_future()
        self._received = bytearray()
        self._fragments = bytearray()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Bytes of the handshake's answer, then of frames."""
        self.bytes_in += len(data)
        self._received += data
        if self._head is not None:
            self._take_head(self._head)
        if self._head is None:
            self._take_frames()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells whoever waits."""
        if self._head is not None and not self._head.done():
            self._head.set_exception(OpenError(f"the connection was closed ({type(exc).__name__})"))
        self.on_closed()

    def send(self, text: bytes) -> None:
        """One text frame."""
        self._write(TEXT, text)

    def close(self) -> None:
        """Says goodbye and cuts."""
        if not self._transport.is_closing():
            self._write(CLOSE, b"\x03\xe8")
            self._transport.close()

    def abort(self) -> None:
        """Cuts without a word."""
        self._transport.abort()

    async def shake_hands(self, url: str) -> None:
        """Asks for the upgrade and waits for it. Raises `OpenError`."""
        parts = urlsplit(url)
        key = base64.b64encode(os.urandom(16)).decode()
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        self._transport.write(
            f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        if self._head is not None:
            status = (await self._head).split(b"\r\n", 1)[0].decode(errors="replace")
            if " 101 " not in f"{status} ":
                self.abort()
                raise OpenError(f"the stage answered {status.partition(' ')[2]}")
        self._head = None
        self._take_frames()

    def _take_head(self, waiting: asyncio.Future[bytes]) -> None:
        end = self._received.find(b"\r\n\r\n")
        if end >= 0 and not waiting.done():
            head = bytes(self._received[:end])
            del self._received[: end + 4]
            waiting.set_result(head)
        elif end < 0 and len(self._received) > MAX_HEAD_BYTES:
            self.abort()

    def _take_frames(self) -> None:
        while (size := _whole(self._received)) is not None:
            begin, end = size
            opcode, is_final = self._received[0] & 0x0F, bool(self._received[0] & FINAL)
            payload = bytes(self._received[begin:end])
            del self._received[:end]
            self._frame(opcode, payload, is_final=is_final)

    def _frame(self, opcode: int, payload: bytes, *, is_final: bool) -> None:
        if opcode == PING:
            self._write(PONG, payload)
        elif opcode == CLOSE:
            self.close()
        elif opcode != PONG:
            if is_final and not self._fragments:
                self.on_text(payload)
                return
            self._fragments += payload
            if is_final:
                whole, self._fragments = bytes(self._fragments), bytearray()
                self.on_text(whole)

    def _write(self, opcode: int, payload: bytes) -> None:
        size = len(payload)
        if size <= MAX_7:
            length = bytes([MASKED | size])
        elif size <= MAX_16:
            length = bytes([MASKED | LENGTH_16]) + size.to_bytes(2)
        else:
            length = bytes([MASKED | LENGTH_64]) + size.to_bytes(8)
        self._transport.write(bytes([FINAL | opcode]) + length + b"\0\0\0\0" + payload)


async def open_websocket(url: str, local_address: str | None = None) -> WebSocket:
    """An open socket, from a local address where one is given. Raises `OpenError`. Set its `on_text` at once."""
    parts = urlsplit(url)
    is_safe = parts.scheme == "wss"
    try:
        async with asyncio.timeout(OPEN_TIMEOUT_S):
            _, socket = await asyncio.get_running_loop().create_connection(
                WebSocket,
                parts.hostname or "",
                parts.port or (443 if is_safe else 80),
                ssl=ssl.create_default_context() if is_safe else None,
                local_addr=(local_address, 0) if local_address else None,
            )
            try:
                await socket.shake_hands(url)
            except BaseException:
                socket.abort()
                raise
    except (OSError, TimeoutError) as error:
        raise OpenError(f"the socket could not be opened ({type(error).__name__}: {error})") from None
    return socket


def _whole(received: bytearray) -> tuple[int, int] | None:
    """Where the payload of the first frame begins and ends; None while it has not all come."""
    if len(received) < 2:  # noqa: PLR2004 - the least a frame has
        return None
    size, begin = received[1] & 0x7F, 2
    if size == LENGTH_16:
        size, begin = int.from_bytes(received[2:4]), 4
    elif size == LENGTH_64:
        size, begin = int.from_bytes(received[2:10]), 10
    return (begin, begin + size) if len(received) >= begin + size else None


def _nobody(_text: bytes) -> None:
    """A message before anybody asked for one."""


def _nobody_closed() -> None:
    """An end that nobody waits for."""
