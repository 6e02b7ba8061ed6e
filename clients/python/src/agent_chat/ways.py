"""The ways to a stage: a socket, and HTTP where none can be opened although the stage answers. Which one is taken when.

A network that lets no socket through refuses it, or swallows its frames: then the socket fails right after a ticket was
had over HTTP, and does so again. Knows neither rooms nor what a connection is used for.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from agent_chat import frames
from agent_chat.addresses import Addresses
from agent_chat.connection import Connection, EventHandler
from agent_chat.errors import (
    ConnectionLostError,
    ElsewhereError,
    ReplyTimeoutError,
    UnauthorizedError,
    UnavailableError,
    UnreachableError,
)
from agent_chat.frames import Ready
from agent_chat.http import Ticket
from agent_chat.http_connection import HttpConnection
from agent_chat.ids import new_id
from agent_chat.socket_connection import SocketConnection
from agent_chat.tokens import TokenSource

logger = logging.getLogger(__name__)

FAILED_SOCKETS = 3
"""Sockets in a row that never became ready before HTTP is taken."""

PATIENCE_S = 10.0
"""Or as many as take this long: one that hangs is answer enough."""


@dataclass(frozen=True)
class Opened:
    """A connection that was greeted, and what the server said."""

    connection: Connection
    ready: Ready


class Ways:
    """Opens connections of one user at one stage, whichever way they can be had. `client` is what `hello` says."""

    def __init__(self, addresses: Addresses, tokens: TokenSource, *, client: str) -> None:
        self._addresses = addresses
        self._tokens = tokens
        self._client = client
        self._epoch = 0
        self._failed = 0
        self._failed_for_s = 0.0

    @property
    def blocked(self) -> bool:
        """Whether sockets are taken to be kept away from the stage. One that becomes ready proves otherwise."""
        return self._failed >= FAILED_SOCKETS or self._failed_for_s >= PATIENCE_S

    async def open(self, on_event: EventHandler) -> Opened:
        """A connection over a socket, or once those fail, over HTTP. Raises `ChatError`; both may be tried again.

        Where nobody answers, or the stage is at home elsewhere, the next address is taken, each once.
        """
        for others in reversed(range(len(self._addresses))):
            try:
                return await self._open_here(on_event)
            except (ElsewhereError, UnavailableError, UnreachableError) as error:
                self._addresses.go_on()
                if not others:
                    raise
                logger.info("going to the next address: %s", error)
        raise AssertionError("there is an address")

    async def _open_here(self, on_event: EventHandler) -> Opened:
        if not self.blocked:
            try:
                return await self.open_socket(on_event)
            except (ConnectionLostError, ReplyTimeoutError):
                if not self.blocked:
                    raise
        logger.info("no socket can be opened: going over HTTP")
        return await self._open_http(on_event)

    async def open_socket(self, on_event: EventHandler) -> Opened:
        """A connection over a socket.

        Raises `ConnectionLostError` or `ReplyTimeoutError` where the socket fails although the stage answers, other
        `ChatError` where it does not answer or refuses.
        """
        ticket = await self._ticket()
        started_s = time.monotonic()
        try:
            connection = await SocketConnection.open(ticket.socket_url, on_event)
            opened = await self._greeted(connection)
        except (ConnectionLostError, ReplyTimeoutError):
            self._failed += 1
            self._failed_for_s += time.monotonic() - started_s
            raise
        self._forget_failures()
        return opened

    async def _open_http(self, on_event: EventHandler) -> Opened:
        connection = HttpConnection(self._addresses.api, self._tokens, on_event)
        try:
            return await self._greeted(connection)
        except BaseException:
            self._forget_failures()  # it is no better: sockets get their turn again
            raise

    async def _ticket(self) -> Ticket:
        try:
            return await self._addresses.api.create_ticket(await self._tokens.token(renew=False))
        except UnauthorizedError:
            return await self._addresses.api.create_ticket(await self._tokens.token(renew=True))

    async def _greeted(self, connection: Connection) -> Opened:
        try:
            ready = await connection.call(frames.Hello(id=new_id(), client=self._client, epoch=self._epoch), Ready)
        except BaseException:
            await connection.close()
            raise
        self._epoch = max(self._epoch, ready.epoch)
        return Opened(connection, ready)

    def _forget_failures(self) -> None:
        self._failed, self._failed_for_s = 0, 0.0
