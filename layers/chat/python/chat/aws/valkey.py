"""A connection to Valkey: many commands in one round trip, within a time limit, from plain synchronous code.

`import redis` alone costs a function more than all that it does itself (decision 0015), so this is the part of a client
that is needed here. One connection an instance: a function carries out one invocation at a time.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from chat.aws.valkey_protocol import Argument, MalformedReplyError, Replies, Reply, pack

CALL_MS = 20
"""What a round trip may take; it takes less than one in the same zone."""

CONNECT_MS = 100
"""What opening a connection may take: the name's address, TCP, TLS. Once an instance, and after long idleness."""

IDLE_S = 60.0
"""A connection that was idle for longer is opened anew: whoever stands between may have forgotten it without a word."""

READ_BYTES = 65_536


class ValkeyError(Exception):
    """No answer in time, or none that could be understood. What was to be written may have been, or not."""


class Valkey:
    """One server, by its URL: `redis://HOST:PORT`, or `rediss://…` with TLS. Connects when it is first asked."""

    def __init__(self, url: str, *, call_ms: int = CALL_MS, connect_ms: int = CONNECT_MS) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
            raise ValueError(f"a cache's address is redis:// or rediss:// with a host, not {url!r}")
        self._address = (parts.hostname, parts.port or 6379)
        self._tls = parts.scheme == "rediss"
        self._call_s, self._connect_s = call_ms / 1_000, connect_ms / 1_000
        self._socket: socket.socket | None = None
        self._replies = Replies()
        self._used_at_s = 0.0

    def run(self, *commands: Sequence[Argument]) -> list[Reply]:
        """The replies to all commands, which are sent at once. Raises `ValkeyError`, and then begins anew next time."""
        try:
            connection = self._connected()
            deadline_s = time.monotonic() + self._call_s
            connection.settimeout(self._call_s)
            connection.sendall(pack(commands))
            replies = self._receive(connection, len(commands), deadline_s)
        except (OSError, MalformedReplyError) as error:
            self.close()
            raise ValkeyError(str(error) or type(error).__name__) from error
        self._used_at_s = time.monotonic()
        return replies

    def close(self) -> None:
        """Ends the connection; the next call opens another one."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
        self._socket, self._replies = None, Replies()

    def _connected(self) -> socket.socket:
        if self._socket is not None and time.monotonic() - self._used_at_s > IDLE_S:
            self.close()
        if self._socket is None:
            connection = socket.create_connection(self._address, timeout=self._connect_s)
            try:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._socket = _secured(connection, self._address[0]) if self._tls else connection
            except BaseException:
                connection.close()
                raise
        return self._socket

    def _receive(self, connection: socket.socket, number: int, deadline_s: float) -> list[Reply]:
        while (replies := self._replies.take(number)) is None:
            remaining_s = deadline_s - time.monotonic()
            if remaining_s <= 0:
                raise TimeoutError("no answer in time")
            connection.settimeout(remaining_s)
            received = connection.recv(READ_BYTES)
            if not received:
                raise ConnectionResetError("the server has closed the connection")
            self._replies.feed(received)
        return replies


def _secured(connection: socket.socket, host: str) -> socket.socket:
    """The connection with TLS on it, by the system's certificates."""
    import ssl  # noqa: PLC0415 - 15 ms, which a stage without a shared tier does not pay

    return ssl.create_default_context().wrap_socket(connection, server_hostname=host)
