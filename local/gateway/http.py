"""HTTP/1.1 on the gateway's port: h11 under an asyncio protocol. Knows requests and responses, nothing of API Gateway.

One protocol object a TCP connection. Once a request is upgraded, the WebSocket connection takes over the transport and
nothing of this is kept.
"""

from __future__ import annotations

import asyncio
import email.utils
import http
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast

import h11

MAX_BODY_BYTES = 4 * 1024 * 1024
"""A body beyond this is not even read to its end. What is kept of one is what the handler's own limit needs."""

MAX_HEAD_BYTES = 16 * 1024

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """`headers` keep their case and order. `body` is cut at `Handler.max_body_bytes` + 1."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    source_ip: str

    def header(self, name: str) -> str | None:
        """The last value of the header `name` (lower case); None where it is absent."""
        values = [value for key, value in self.headers if key.lower() == name]
        return values[-1] if values else None

    @property
    def wants_upgrade(self) -> bool:
        """Whether the client asks for a WebSocket; whether properly so is for the handshake to say."""
        return (self.header("upgrade") or "").lower() == "websocket"


@dataclass(frozen=True, slots=True)
class Response:
    """Content-Length and Date are added."""

    status: int
    body: bytes = b""
    headers: Sequence[tuple[str, str]] = ()


class Successor(Protocol):
    """The protocol that takes the transport over after an upgrade."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Comes right after the 101 was written."""
        ...

    def data_received(self, data: bytes) -> None:
        """Also gets what the client sent ahead of the 101."""
        ...

    def connection_lost(self, exc: Exception | None) -> None:
        """Comes alone where the client left before the 101 could be written."""
        ...


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The answer 101 with `headers`, then `successor`."""

    successor: Successor
    headers: Sequence[tuple[str, str]] = field(default=())


class Handler(Protocol):
    """Answers requests."""

    @property
    def max_body_bytes(self) -> int:
        """How much of a body is wanted; one byte more is kept, so that an excess can be seen."""
        ...

    async def respond(self, request: Request) -> Response | Upgrade:
        """Must not raise."""
        ...

    def http_opened(self, connection: HttpConnection) -> None:
        """A TCP connection was made."""
        ...

    def http_closed(self, connection: HttpConnection) -> None:
        """It ended, or became a WebSocket."""
        ...


class HttpConnection(asyncio.Protocol):
    """One TCP connection, up to its end or its upgrade."""

    def __init__(self, handler: Handler, loop: asyncio.AbstractEventLoop) -> None:
        self._handler = handler
        self._loop = loop
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._head: h11.Request | None = None
        self._body = bytearray()
        self._body_bytes = 0
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport
        self._waiting_since_s = loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Starts the clock of `expire`."""
        self._transport = cast("asyncio.Transport", transport)
        self._handler.http_opened(self)

    def data_received(self, data: bytes) -> None:
        """Feeds the parser."""
        self._h11.receive_data(data)
        self._advance()

    def eof_received(self) -> bool:
        """A client that has said all it wants still gets its answer."""
        self._h11.receive_data(b"")
        self._advance()
        return self._task is not None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        """A request under way is carried out to its end: what it does matters more than its answer."""
        self._handler.http_closed(self)

    def expire(self, now_s: float, timeout_s: float) -> None:
        """Closes a connection that has been without a whole request for `timeout_s`."""
        if self._task is None and now_s - self._waiting_since_s > timeout_s:
            self.close()

    def close(self) -> None:
        """Ends the connection; what was written is still sent."""
        self._transport.close()

    def _advance(self) -> None:
        while self._task is None and not self._transport.is_closing():
            try:
                event = self._h11.next_event()
            except h11.RemoteProtocolError as error:
                _log.debug("malformed HTTP: %s", error)
                self._refuse(error.error_status_hint)
                return
            if event is h11.NEED_DATA and self._h11.they_are_waiting_for_100_continue:
                self._write(h11.InformationalResponse(status_code=100, headers=[]))
                return
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            self._take(event)

    def _take(self, event: object) -> None:
        if isinstance(event, h11.Request):
            self._head, self._body, self._body_bytes = event, bytearray(), 0
        elif isinstance(event, h11.Data):
            self._body_bytes += len(event.data)
            self._body += event.data[: max(0, self._handler.max_body_bytes + 1 - len(self._body))]
            if self._body_bytes > MAX_BODY_BYTES:
                self._refuse(413)
        elif isinstance(event, h11.EndOfMessage) and self._head is not None:
            self._transport.pause_reading()
            self._task = self._loop.create_task(self._answer(self._request(self._head)))
        else:
            self.close()

    def _request(self, head: h11.Request) -> Request:
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers.raw_items()]
        target = head.target.decode("latin-1")
        return Request(head.method.decode("ascii"), target, headers, bytes(self._body), self._source_ip())

    def _source_ip(self) -> str:
        peer = self._transport.get_extra_info("peername")
        return str(peer[0]) if peer else ""

    async def _answer(self, request: Request) -> None:
        answer = await self._handler.respond(request)
        self._task = None
        if isinstance(answer, Upgrade):
            if self._transport.is_closing():
                answer.successor.connection_lost(None)
            else:
                self._hand_over(answer)
            return
        if self._transport.is_closing():
            return
        self._send(answer)
        if self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE:
            self._h11.start_next_cycle()
            self._waiting_since_s = self._loop.time()
            self._transport.resume_reading()
            self._advance()
        else:
            self.close()

    def _hand_over(self, upgrade: Upgrade) -> None:
        self._write(
            h11.InformationalResponse(status_code=101, headers=list(upgrade.headers), reason=b"Switching Protocols")
        )
        early, _ = self._h11.trailing_data
        self._handler.http_closed(self)
        self._transport.set_protocol(cast("asyncio.BaseProtocol", upgrade.successor))
        upgrade.successor.connection_made(self._transport)
        if early:
            upgrade.successor.data_received(early)
        self._transport.resume_reading()

    def _refuse(self, status: int) -> None:
        if self._h11.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self._send(Response(status, headers=[("Connection", "close")]))
        self.close()

    def _send(self, response: Response) -> None:
        headers = [
            *response.headers,
            ("Content-Length", str(len(response.body))),
            ("Date", email.utils.formatdate(usegmt=True)),
        ]
        reason = http.HTTPStatus(response.status).phrase if response.status in _STATUSES else ""
        self._write(h11.Response(status_code=response.status, headers=headers, reason=reason.encode()))
        bodiless = response.status in {204, 304} or (self._head is not None and self._head.method == b"HEAD")
        if response.body and not bodiless:
            self._write(h11.Data(data=response.body))
        self._write(h11.EndOfMessage())

    def _write(self, event: h11.Event) -> None:
        if data := self._h11.send(event):
            self._transport.write(data)


_STATUSES = frozenset(http.HTTPStatus)
