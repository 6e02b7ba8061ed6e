"""As many idle sockets as this machine holds: `python -m loadtest.idle_sockets [--sockets 100000]`.

The local gateway, its function in its own process, at one end; at the other clients that are nothing but a file
descriptor. Both are as many processes as the limit of open files demands: one each where it allows them all,
more where it does not. Sockets come from 127.0.0.2, 127.0.0.3, …, 20,000 from each, because an address has only 28,232
ports. When all are open and have been silent for a while, some are spoken over, to show that they are. Prints the
figures as JSON and writes them to `build/idle-sockets.json`. Fails unless every socket opens and answers.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from loadtest.bench_servers import Target, started
from loadtest.gateway_bench import cpu_s, resident_kib
from loadtest.load.machine import SPARE_FILES, description, files_allowed, local_address, raise_file_limit

OUTPUT = Path("build/idle-sockets.json")
OPENING_AT_ONCE = 100
OPEN_TIMEOUT_S = 30.0
IP_BIND_ADDRESS_NO_PORT = 24
"""Linux: the port is chosen when the socket connects, not when it is bound: quick, however many ports are taken."""
FRAME = b'{"action":"none","text":"still there"}'


class IdleSocketsError(Exception):
    """A socket that did not open or did not answer."""


@dataclass(frozen=True, slots=True)
class Part:
    """The sockets of one client process: `count` of them, the first being number `first` of the run."""

    port: int
    first: int
    count: int


class Opening:
    """Opens sockets, so many at a time, without a thread or an object for each that is open."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._poll = select.epoll()
        self._under_way: dict[int, socket.socket] = {}
        self._open: list[socket.socket] = []
        self._head = (
            f"GET /bench HTTP/1.1\r\nHost: 127.0.0.1:{part.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ).encode()

    def run(self) -> list[socket.socket]:
        """All of them, open. Raises `IdleSocketsError`."""
        started_count = 0
        while len(self._open) < self._part.count:
            while started_count < self._part.count and len(self._under_way) < OPENING_AT_ONCE:
                self._start(self._part.first + started_count)
                started_count += 1
            events = self._poll.poll(OPEN_TIMEOUT_S)
            if not events:
                raise IdleSocketsError(f"No socket opened for {OPEN_TIMEOUT_S:.0f} s; {len(self._open):,} had.")
            for descriptor, event in events:
                self._go_on(descriptor, event)
        return self._open

    def _start(self, number: int) -> None:
        each = socket.socket()
        each.setblocking(False)
        each.setsockopt(socket.SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        each.bind((local_address("ws://127.0.0.1", number) or "127.0.0.1", 0))
        each.connect_ex(("127.0.0.1", self._part.port))
        self._poll.register(each, select.EPOLLOUT)
        self._under_way[each.fileno()] = each

    def _go_on(self, descriptor: int, event: int) -> None:
        each = self._under_way[descriptor]
        try:
            self._shake_hands(each, event)
        except OSError as error:
            raise IdleSocketsError(
                f"A socket was cut off before it was open: {error}; {len(self._open):,} had been opened."
            ) from error

    def _shake_hands(self, each: socket.socket, event: int) -> None:
        if event & select.EPOLLOUT:
            each.send(self._head)
            self._poll.modify(each, select.EPOLLIN)
            return
        answer = each.recv(4096)
        if b" 101 " not in answer[:16] or not answer.endswith(b"\r\n\r\n"):
            raise IdleSocketsError(f"A socket was answered with {answer[:200]!r}.")
        self._poll.unregister(each)
        self._open.append(self._under_way.pop(each.fileno()))


def ask(each: socket.socket) -> None:
    """One round trip. Raises `IdleSocketsError` for another answer than the echo."""
    each.settimeout(OPEN_TIMEOUT_S)
    each.sendall(bytes([0x81, 0x80 | len(FRAME), 0, 0, 0, 0]) + FRAME)
    answer = each.recv(4096)
    if not answer.endswith(FRAME):
        raise IdleSocketsError(f"An open socket answered {answer[:200]!r}.")


def hold(part: Part) -> None:
    """A client process: opens, says so, and on a line of its input asks as many sockets as that says."""
    raise_file_limit(part.count)
    before_kib, begun_s = resident_kib(os.getpid()), time.monotonic()
    held = Opening(part).run()
    used_kib = resident_kib(os.getpid()) - before_kib
    print(json.dumps({"seconds": time.monotonic() - begun_s, "kib": used_kib}), flush=True)
    asked = int(sys.stdin.readline())
    for each in random.Random(0).sample(held, min(asked, len(held))):  # noqa: S311 - any will do
        ask(each)
    print(json.dumps({"answered": min(asked, len(held))}), flush=True)


@contextmanager
def holder(part: Part) -> Iterator[subprocess.Popen[str]]:
    """A client process; its sockets are closed by its end."""
    options = ["--hold", f"{part.port},{part.first},{part.count}"]
    command = [sys.executable, "-m", "loadtest.idle_sockets", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> dict[str, float]:
    """A line of a client process. Raises `IdleSocketsError` where it ended instead."""
    line = process.stdout.readline() if process.stdout is not None else ""
    if not line:
        raise IdleSocketsError(f"A client process ended with {process.wait()}.")
    figures: dict[str, float] = json.loads(line)
    return figures


def ask_holder(process: subprocess.Popen[str], count: int) -> int:
    """Speaks over some of its sockets; how many answered."""
    if process.stdin is not None:
        process.stdin.write(f"{count}\n")
        process.stdin.flush()
    return int(said(process)["answered"])


def split(sockets: int, most: int) -> list[tuple[int, int]]:
    """First number and count of each process."""
    return [(first, min(most, sockets - first)) for first in range(0, sockets, most)]


def measure(sockets: int, watch_s: float, asked: int) -> dict[str, object]:
    """Opens, waits, asks. Raises `IdleSocketsError`."""
    most = files_allowed() - SPARE_FILES
    with ExitStack() as stack:
        parts = split(sockets, most)
        gateways: list[Target] = [stack.enter_context(started(f"gateway {first}", "gateway")) for first, _ in parts]
        before_kib = sum(resident_kib(each.pid) for each in gateways)
        begun_s = time.monotonic()
        holders = [
            stack.enter_context(holder(Part(target.port, first, count)))
            for target, (first, count) in zip(gateways, parts, strict=True)
        ]
        client_kib = sum(said(each)["kib"] for each in holders)
        opening_s = time.monotonic() - begun_s
        used_kib = sum(resident_kib(each.pid) for each in gateways) - before_kib
        before_s = sum(cpu_s(each.pid) for each in gateways)
        time.sleep(watch_s)
        cpu = sum(cpu_s(each.pid) for each in gateways) - before_s
        answered = sum(ask_holder(each, asked // len(holders)) for each in holders)
    return {
        "sockets": sockets,
        "gateways": len(parts),
        "opened_per_s": sockets / opening_s,
        "gateway_kib_a_socket": used_kib / sockets,
        "client_kib_a_socket": client_kib / sockets,
        "idle_cpu_percent": cpu / watch_s * 100,
        "watched_s": watch_s,
        "answered": answered,
        "machine": description(),
    }


def main() -> int:
    """0, or 1 where a socket did not open or did not answer."""
    parser = argparse.ArgumentParser(prog="python -m loadtest.idle_sockets", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--sockets", type=int, default=100_000, help="(default: %(default)s)")
    parser.add_argument("--watch", type=float, default=10.0, help="seconds of silence (default: %(default)s)")
    parser.add_argument(
        "--asked", type=int, default=1_000, help="sockets spoken over at the end (default: %(default)s)"
    )
    parser.add_argument("--hold", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if min(arguments.sockets, arguments.asked) < 1 or arguments.watch <= 0:
        parser.error("--sockets, --watch and --asked are above 0.")
    try:
        if arguments.hold:
            hold(Part(*(int(each) for each in arguments.hold.split(","))))
            return 0
        raise_file_limit(min(arguments.sockets, files_allowed() - SPARE_FILES))  # a gateway has its parent's
        figures = measure(arguments.sockets, arguments.watch, arguments.asked)
    except IdleSocketsError as error:
        print(error, file=sys.stderr)
        return 1
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
