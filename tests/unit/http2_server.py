"""As `aws_server`, over HTTP/2: the protocol is the `h2` library's, which is not the one that libcurl uses."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, RequestReceived, StreamEnded

from tests.unit.aws_server import LONGEST_S, Answer, Close, Received, Reset, Server


class _Connection:
    """One client's connection: its requests are answered in the order in which they are complete."""

    def __init__(self, state: Server, sock: ssl.SSLSocket) -> None:
        self._state, self._sock, self._number = state, sock, state.connected(sock)
        self._protocol = H2Connection(H2Configuration(client_side=False))
        self._requests: dict[int, tuple[dict[str, str], bytearray]] = {}
        self._open = True

    def run(self) -> None:
        self._protocol.initiate_connection()
        self._send()
        while self._open and (data := self._sock.recv(65_536)):
            for event in self._protocol.receive_data(data):
                if isinstance(event, RequestReceived):
                    headers = {name.decode(): value.decode() for name, value in event.headers}
                    self._requests[event.stream_id] = (headers, bytearray())
                elif isinstance(event, DataReceived):
                    self._requests[event.stream_id][1].extend(event.data)
                    self._protocol.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, StreamEnded):
                    self._answer(event.stream_id)
            self._send()

    def _answer(self, stream: int) -> None:
        headers, body = self._requests.pop(stream)
        received = Received(headers[":method"], headers[":path"], headers, bytes(body), self._number)
        reaction = self._state.react(received)
        if isinstance(reaction, Answer):
            self._protocol.send_headers(stream, [(":status", str(reaction.status))])
            self._protocol.send_data(stream, reaction.body, end_stream=True)
        elif isinstance(reaction, Reset):
            self._protocol.reset_stream(stream, ErrorCodes.INTERNAL_ERROR)
        elif isinstance(reaction, Close):
            self._protocol.close_connection(last_stream_id=stream - 2)
            self._open = False

    def _send(self) -> None:
        self._sock.sendall(self._protocol.data_to_send())


@contextmanager
def serving_http2(context: ssl.SSLContext) -> Iterator[Server]:
    """HTTP/2 on a free port of the loopback; `context` offers `h2`."""
    state = Server()

    def serve(raw: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(raw, server_side=True) as sock:
            sock.settimeout(LONGEST_S)
            _Connection(state, sock).run()

    def accept() -> None:
        with suppress(OSError):
            while True:
                raw, _ = listener.accept()
                threading.Thread(target=serve, args=(raw,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        state.url = f"https://localhost:{listener.getsockname()[1]}"
        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield state
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            state.close_kept()
