"""A server in AWS' place for tests of the client: it answers as it is told to, badly if need be, and takes notes."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from chat.aws.transfers import SOCKETS

LONGEST_S = 10
"""After which what hangs ends, if nobody has ended it before."""


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int = 1
    """Which of the server's connections it came in on, the first being 1."""


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b""


class Hang:
    """No answer, and the connection stays open."""


class Close:
    """No answer, and the connection is closed."""


class Reset:
    """No answer, and the connection is torn down (RST)."""


Reaction = Answer | Hang | Close | Reset


@dataclass
class Server:
    """`answer` says what becomes of a request; a number is a status."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], Reaction | int] = lambda _: 200
    connections: int = 0
    open: int = 0
    under_way: int = 0
    most_under_way: int = 0
    close_after_each: bool = False
    kept: list[socket.socket] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def connected(self, sock: socket.socket) -> int:
        """Remembers a connection; its number."""
        with self.lock:
            self.kept.append(sock)
            self.connections += 1
            self.open += 1
            return self.connections

    def ended(self) -> None:
        """Forgets a connection that the client has closed."""
        with self.lock:
            self.open -= 1

    def close_kept(self) -> None:
        """Ends all connections, whoever keeps them."""
        with self.lock:
            for sock in self.kept:
                with suppress(OSError):  # the client was faster
                    sock.shutdown(socket.SHUT_RDWR)
            self.kept.clear()

    def paths(self) -> list[str]:
        return [received.path for received in self.received]

    def react(self, received: Received) -> Reaction:
        with self.lock:
            self.received.append(received)
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
        reaction = self.answer(received)
        with self.lock:
            self.under_way -= 1
        return Answer(reaction) if isinstance(reaction, int) else reaction


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = LONGEST_S
    state: Server
    context: ssl.SSLContext | None

    def setup(self) -> None:
        if self.context is not None:  # here and not where it listens: a handshake must not hold up the others
            self.request = self.context.wrap_socket(self.request, server_side=True)
        self.number = self.state.connected(self.request)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.state.ended()

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reaction = self.state.react(Received(self.command, self.path, headers, body, self.number))
        self.close_connection = self.state.close_after_each or not isinstance(reaction, Answer)
        if isinstance(reaction, Answer):
            self._send(reaction)
        elif isinstance(reaction, Hang):
            self.state.stopping.wait(LONGEST_S)
        elif isinstance(reaction, Reset):
            # Lingering for no time at all makes closing a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    do_GET = do_POST = do_HEAD = do_DELETE = handle_any  # noqa: N815 - the names that http.server calls

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        pass


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 2 * SOCKETS  # all of a client's connections may arrive in one go

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gives up is no news."""

    def shutdown_request(self, request: object) -> None:
        """Closes without a farewell, which would turn a reset into an end."""
        request.close()  # type: ignore[attr-defined]  # a socket


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """HTTP/1.1 on a free port of the loopback, over TLS with a `context`."""
    state = Server()
    httpd = _Listener(("127.0.0.1", 0), type("Handler", (_Handler,), {"state": state, "context": context}))
    state.url = f"{'https' if context else 'http'}://localhost:{httpd.server_port}"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        state.stopping.set()
        httpd.shutdown()
        thread.join()
        httpd.server_close()
