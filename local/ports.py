"""The ports of one local stack, all on 127.0.0.1."""

from __future__ import annotations

import secrets
import socket
from contextlib import ExitStack, suppress
from dataclasses import dataclass, fields

from local.errors import LocalError

LOOPBACK = "127.0.0.1"
HIGHEST_PORT = 65_535
CHOSEN_ONLY = range(10_000, 32_000)
"""Below those that Linux gives to whoever takes any (from 32,768 on): free ones stay so until a stack has started."""


@dataclass(frozen=True)
class Ports:
    """Where each part of a stack listens. The defaults are those that `make dev` prints."""

    emulator: int = 4566
    gateway: int = 4510
    page: int = 5173
    cache: int = 6380
    front: int = 4580

    @classmethod
    def shifted(cls, offset: int) -> Ports:
        """The default ports, each `offset` higher. Raises `LocalError` where there is no such port."""
        ports = cls(*(port + offset for port in (cls.emulator, cls.gateway, cls.page, cls.cache, cls.front)))
        for field in fields(ports):
            if not 0 < getattr(ports, field.name) <= HIGHEST_PORT:
                raise LocalError(
                    f"Ports shifted by {offset} are outside 1 to {HIGHEST_PORT}: choose another CHAT_PORT_OFFSET."
                )
        return ports

    @classmethod
    def free(cls) -> Ports:
        """Ports that nobody listens on now, different from each other."""
        found: list[int] = []
        with ExitStack() as stack:
            while len(found) < len(fields(cls)):
                port = secrets.choice(CHOSEN_ONLY)
                with suppress(OSError):
                    stack.enter_context(socket.socket()).bind((LOOPBACK, port))
                    found.append(port)
        return cls(*found)


def is_listening(port: int) -> bool:
    """Whether a connection to the port on 127.0.0.1 is accepted now."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def require_free(port: int, purpose: str, option: str) -> None:
    """Raises `LocalError` when the port is taken, naming what it was wanted for and the option that moves it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise LocalError(
                f"Port {port} on {LOOPBACK}, wanted for {purpose}, is in use by another program ({error.strerror}). "
                "If that is an earlier `make dev`, stop it with Ctrl-C in its terminal; `ss -ltnp` shows which program "
                f"it is. To use another port: python -m local.dev {option} PORT; to move all of them: "
                "CHAT_PORT_OFFSET=100 make dev."
            ) from error
