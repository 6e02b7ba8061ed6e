"""One open WebSocket: frames in, frames out, its end. Sans-IO `websockets` under an asyncio protocol.

Knows nothing of routes and functions; `Listener` hears what happens. An idle connection holds no task and no timer: the
gateway's sweep calls `expire`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, Protocol, cast

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

if TYPE_CHECKING:
    from local.gateway.events import Session
    from local.gateway.limits import Limits

GOING_AWAY: Final = "Going away"
NO_STATUS: Final = "Client-side close frame status not set"
"""What AWS gives as `disconnectReason` for a close frame without a code (1005; recorded events)."""

_frame_log = logging.getLogger(__name__ + ".frames")
_frame_log.setLevel(logging.WARNING)


class SlowClientError(Exception):
    """The client does not read as fast as it is written to; the frame was not sent."""


class Listener(Protocol):
    """Hears of a connection's life. Called on the event loop; must not block."""

    def opened(self, connection: Connection) -> None:
        """The 101 was sent."""
        ...

    def received(self, connection: Connection, body: str) -> None:
        """A whole text message came."""
        ...

    def closing(self, connection: Connection) -> None:
        """No frame can be sent any more. Comes once, before `closed`."""
        ...

    def closed(self, connection: Connection, code: int, reason: str) -> None:
        """The TCP connection is gone. Comes once."""
        ...


class Connection(asyncio.Protocol):
    """Takes a transport over after the handshake."""

    __slots__ = (
        "_close_by_s",
        "_fragments",
        "_limits",
        "_listener",
        "_loop",
        "_opened_at_s",
        "_protocol",
        "_transport",
        "_unannounced",
        "active_at_s",
        "session",
    )

    def __init__(self, session: Session, listener: Listener, limits: Limits, loop: asyncio.AbstractEventLoop) -> None:
        self.session = session
        self._listener = listener
        self._limits = limits
        self._loop = loop
        self._opened_at_s = self.active_at_s = loop.time()
        self._close_by_s: float | None = None
        self._unannounced = True
        self._fragments: list[Frame] = []
        max_size = (limits.message_size_bytes, limits.frame_size_bytes)
        self._protocol = ServerProtocol(state=OPEN, max_size=max_size, logger=_frame_log)
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        self._transport = cast("asyncio.Transport", transport)
        self._listener.opened(self)

    def data_received(self, data: bytes) -> None:
        """Takes whole frames; control frames are answered by the protocol itself."""
        self.active_at_s = self._loop.time()
        self._protocol.receive_data(data)
        for frame in self._protocol.events_received():
            if isinstance(frame, Frame) and self._close_by_s is None:
                self._take(frame)
        self._flush()

    def eof_received(self) -> None:
        """The client is gone, with or without a closing handshake."""
        self._protocol.receive_eof()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        """Tells the listener by which code the connection ended."""
        self._protocol.receive_eof()
        self._announce()
        self._listener.closed(self, *self._ending())

    def pause_writing(self) -> None:
        """A client that does not read is not listened to either, or its pings would fill the memory."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """It reads again."""
        self._transport.resume_reading()

    def send(self, data: bytes) -> None:
        """Sends one message, in fragments where it is over the frame limit: as text, or binary where it is not UTF-8.

        Does nothing once the connection is closing. Raises `SlowClientError` where the client's buffer is full.
        """
        if self._protocol.state is not OPEN:
            return
        if self._transport.get_write_buffer_size() + len(data) > self._limits.send_buffer_bytes:
            raise SlowClientError(self.session.connection_id)
        self.active_at_s = self._loop.time()
        size = self._limits.frame_size_bytes
        first, last = data[:size], len(data) <= size
        if _is_text(data):
            self._protocol.send_text(first, fin=last)
        else:
            self._protocol.send_binary(first, fin=last)
        for start in range(size, len(data), size):
            self._protocol.send_continuation(data[start : start + size], fin=start + size >= len(data))
        self._flush()

    def close(self, code: int, reason: str) -> None:
        """Starts the closing handshake, unless one is under way. The client has `close_timeout_s` to answer."""
        if self._protocol.state is OPEN:
            self._protocol.send_close(code, reason)
            self._flush()

    def abort(self) -> None:
        """Cuts the TCP connection."""
        self._transport.abort()

    def expire(self, now_s: float) -> None:
        """Closes the connection where it has been idle or alive too long, or cuts it where closing takes too long."""
        if self._close_by_s is not None:
            if now_s > self._close_by_s:
                self.abort()
        elif (
            now_s - self.active_at_s > self._limits.idle_timeout_s
            or now_s - self._opened_at_s > self._limits.lifetime_s
        ):
            self.close(CloseCode.GOING_AWAY, GOING_AWAY)

    def _take(self, frame: Frame) -> None:
        if frame.opcode is Opcode.BINARY:
            self.close(CloseCode.UNSUPPORTED_DATA, "Binary frames are not supported")
        elif frame.opcode in {Opcode.TEXT, Opcode.CONT}:
            self._fragments.append(frame)
            if frame.fin:
                data = b"".join(fragment.data for fragment in self._fragments)
                self._fragments.clear()
                self._deliver(data)

    def _deliver(self, data: bytes) -> None:
        try:
            body = data.decode()
        except UnicodeDecodeError:
            self.close(CloseCode.INVALID_DATA, "Invalid UTF-8")
        else:
            self._listener.received(self, body)

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if self._transport.is_closing():
                break
            if data:
                self._transport.write(data)
            else:
                self._transport.write_eof()
        if self._close_by_s is None and self._protocol.state is not OPEN:
            self._close_by_s = self._loop.time() + self._limits.close_timeout_s
            self._announce()

    def _announce(self) -> None:
        if self._unannounced:
            self._unannounced = False
            self._listener.closing(self)

    def _ending(self) -> tuple[int, str]:
        received, sent = self._protocol.close_rcvd, self._protocol.close_sent
        close = received if received is not None and (sent is None or self._protocol.close_rcvd_then_sent) else sent
        if close is None:
            return CloseCode.ABNORMAL_CLOSURE.value, ""
        if close.code == CloseCode.NO_STATUS_RCVD:
            return close.code, NO_STATUS
        return int(close.code), close.reason


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
