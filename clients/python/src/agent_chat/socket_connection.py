"""The way over a socket: commands out, each with its reply; events in, as they come.

Opening again, resuming and repeating are others' work. Knows neither rooms nor feeds.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from agent_chat import frames
from agent_chat.connection import REPLY_TIMEOUT_S, Connection, EventHandler, Succession, encoded, refusal_of, result_of
from agent_chat.errors import (
    ChatError,
    ConnectionLostError,
    ElsewhereError,
    ReplyTimeoutError,
    UnavailableError,
)
from agent_chat.frames import Ack, Command, GatewayFault, Ready, Refusal, ServerFrame

logger = logging.getLogger(__name__)

OPEN_TIMEOUT_S = 15.0
"""Longer than the cold starts of the functions that let a client in."""

CLOSE_TIMEOUT_S = 3.0
MAX_RECEIVED_BYTES = 1024 * 1024
"""API Gateway's messages have at most 128 KB."""

KEEPALIVE_S = {"TCP_KEEPIDLE": 30, "TCP_KEEPALIVE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
"""A peer that vanished is noticed after a minute, at no cost: API Gateway bills neither side for these packets."""

UNACKNOWLEDGED_MS = 30_000
"""The kernel gives up a connection on which sent bytes were not acknowledged for so long (Linux)."""

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class _Waiter:
    reply: asyncio.Future[Ack]
    sent_at_s: float


class SocketConnection(Connection):
    """An open socket. Made by `open`."""

    way = "socket"

    def __init__(self, websocket: ClientConnection, on_event: EventHandler) -> None:
        self._websocket = websocket
        self._on_event = on_event
        self._waiting: dict[str, _Waiter] = {}
        self._last_frame_at_s = time.monotonic()
        self._reader = asyncio.create_task(self._read(), name="agent-chat reader")

    @classmethod
    async def open(cls, url: str, on_event: EventHandler) -> Self:
        """Opens a socket at a URL that carries its ticket. Raises `ConnectionLostError`, also for a refused ticket."""
        try:
            websocket = await connect(
                url,
                open_timeout=OPEN_TIMEOUT_S,
                close_timeout=CLOSE_TIMEOUT_S,
                max_size=MAX_RECEIVED_BYTES,
                ping_interval=None,  # TCP's own keepalive costs no frames
            )
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI, EOFError) as error:
            # The URL holds the ticket: not even its text may reach a log.
            raise ConnectionLostError(f"The socket could not be opened ({type(error).__name__}).") from None
        _keep_alive(websocket)
        return cls(websocket, on_event)

    def succession(self, ready: Ready) -> Succession:
        """Planned, before the server cuts."""
        return Succession(ready.rotate_after_s, ready.reconnect)

    async def wait_idle(self) -> None:
        """See `Connection`."""
        while self._waiting:
            await asyncio.wait([waiter.reply for waiter in self._waiting.values()])
            await asyncio.sleep(0)  # whoever waited takes the reply

    async def call(self, command: Command, kind: type[Kind], *, timeout_s: float = REPLY_TIMEOUT_S) -> Kind:
        """See `Connection`."""
        text = encoded(command)
        if command.id in self._waiting:
            raise ValueError(f"A command with the id {command.id} waits for its reply already.")
        waiter = _Waiter(asyncio.get_running_loop().create_future(), time.monotonic())
        self._waiting[command.id] = waiter
        try:
            return result_of(await self._converse(text, waiter, timeout_s), kind)
        finally:
            del self._waiting[command.id]

    async def wait_lost(self) -> None:
        """See `Connection`."""
        await asyncio.shield(self._reader)

    async def close(self) -> None:
        """See `Connection`."""
        await self._websocket.close()
        await asyncio.wait([self._reader])

    def abort(self) -> None:
        """See `Connection`."""
        self._websocket.transport.abort()

    async def _converse(self, text: str, waiter: _Waiter, timeout_s: float) -> Ack:
        if self._reader.done():
            raise ConnectionLostError("The connection is closed.")
        try:
            async with asyncio.timeout(timeout_s):
                await self._websocket.send(text)
                return await waiter.reply
        except ConnectionClosed:
            raise ConnectionLostError("The connection was closed.") from None
        except TimeoutError:
            if self._last_frame_at_s < waiter.sent_at_s:
                self.abort()
            raise ReplyTimeoutError(f"No reply within {timeout_s:.0f} s.") from None

    async def _read(self) -> None:
        try:
            async for text in self._websocket:
                self._last_frame_at_s = time.monotonic()
                self._receive(text)
        except ConnectionClosed:
            logger.debug("the connection was lost")
        finally:
            self._fail_all(ConnectionLostError("The connection was lost."))
            self._websocket.transport.abort()

    def _receive(self, text: str | bytes) -> None:
        try:
            received = frames.decode(text if isinstance(text, str) else text.decode())
        except (frames.FrameError, UnicodeError) as error:
            # What it was is unknown, so what it would have brought shows as a gap or a missing reply.
            logger.warning("a frame that cannot be read was passed over: %s", error)
            return
        for frame in received:
            self._dispatch(frame)

    def _dispatch(self, frame: ServerFrame) -> None:
        if isinstance(frame, Ack):
            self._reply(frame.id, frame)
        elif isinstance(frame, Refusal):
            refusal = refusal_of(frame)
            self._reply(frame.id, refusal)
            if isinstance(refusal, ElsewhereError):
                self.abort()  # nothing is carried out on it any more
        elif isinstance(frame, GatewayFault):
            self._reply(None, UnavailableError(frame.message))
        else:
            self._on_event(self, frame)

    def _reply(self, command_id: str | None, reply: Ack | ChatError) -> None:
        """Ends the wait for a command. A refusal that names none means any of those under way: all are repeatable."""
        if command_id is None and isinstance(reply, ChatError):
            temporary = len(self._waiting) > 1 or reply.temporary
            self._fail_all(type(reply)(reply.message, code=reply.code, temporary=temporary))
            return
        waiter = self._waiting.get(command_id or "")
        if waiter is None or waiter.reply.done():
            return  # it was given up, or answered twice
        if isinstance(reply, ChatError):
            waiter.reply.set_exception(reply)
        else:
            waiter.reply.set_result(reply)

    def _fail_all(self, error: ChatError) -> None:
        for waiter in self._waiting.values():
            if not waiter.reply.done():
                waiter.reply.set_exception(error)


def _keep_alive(websocket: ClientConnection) -> None:
    """Lets the kernel find out that the other side is gone, where it can."""
    sock: Any = websocket.transport.get_extra_info("socket")
    if sock is None:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = KEEPALIVE_S | {"TCP_USER_TIMEOUT": UNACKNOWLEDGED_MS}
    for name, value in options.items():
        option = getattr(socket, name, None)
        if option is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
