"""A real server for one test or many: started, stopped in the middle, made to hang and to answer late."""

from __future__ import annotations

import os
import signal
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.ports import LOOPBACK, is_listening
from local.processes import Process
from local.valkey import server_command

START_S = 20.0


class Server:
    """One Valkey on a port of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            self.port: int = probe.getsockname()[1]
        self._folder = folder
        self._process: Process | None = None

    @property
    def url(self) -> str:
        return f"redis://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        self._process = Process(
            "The cache",
            server_command(self.port),
            log=self._folder / "valkey.log",
            env=os.environ,
            cwd=self._folder,
        )
        self._process.wait_until(lambda: is_listening(self.port), START_S)

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
        self._process = None

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """It takes connections, as its kernel does for it, and answers nothing."""
        assert self._process
        os.kill(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._process.pid, signal.SIGCONT)


class Relay(socketserver.ThreadingTCPServer):
    """Stands before a server: counts what is sent in one piece, and gives answers late or in small pieces."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, port: int, *, late_ms: int = 0, piece_bytes: int = 65_536) -> None:
        super().__init__((LOOPBACK, 0), Pipe)
        self.target, self.late_ms, self.piece_bytes = port, late_ms, piece_bytes
        self.requests = self.connections = 0

    @property
    def url(self) -> str:
        return f"redis://{LOOPBACK}:{self.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator[Relay]:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield self
        finally:
            self.shutdown()
            self.server_close()


class Pipe(socketserver.BaseRequestHandler):
    """One connection: a request from this side, then the answer of the other one."""

    def handle(self) -> None:
        relay = self.server
        assert isinstance(relay, Relay)
        relay.connections += 1
        with socket.create_connection((LOOPBACK, relay.target)) as behind:
            threading.Thread(target=self._answer, args=(relay, behind), daemon=True).start()
            while request := self.request.recv(1_000_000):
                relay.requests += 1
                behind.sendall(request)

    def _answer(self, relay: Relay, behind: socket.socket) -> None:
        try:
            while answer := behind.recv(relay.piece_bytes):
                time.sleep(relay.late_ms / 1_000)
                self.request.sendall(answer)
        except OSError:
            return  # either side is gone
