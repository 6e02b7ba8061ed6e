"""Whether somebody answers at an address: HTTP, the cache, a port. Waits `ANSWER_S` at most. The standard library."""

from __future__ import annotations

import json
import socket
import ssl
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

ANSWER_S = 5
MAX_BYTES = 1_000_000


class UnreachableError(Exception):
    """Nobody answers there, or not as they should. The message says what came instead."""


def status_of(url: str) -> int:
    """The status that an address answers a GET with, whatever it is. Raises `UnreachableError`."""
    try:
        with urllib.request.urlopen(_checked(url), timeout=ANSWER_S) as answer:  # noqa: S310  # checked
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, ValueError) as error:
        raise UnreachableError(str(error)) from error


def document_at(url: str) -> dict[str, Any]:
    """The JSON object at an address. Raises `UnreachableError`."""
    try:
        with urllib.request.urlopen(_checked(url), timeout=ANSWER_S) as answer:  # noqa: S310  # checked
            found = json.loads(answer.read(MAX_BYTES))
    except (OSError, ValueError) as error:
        raise UnreachableError(str(error)) from error
    if not isinstance(found, dict):
        raise UnreachableError(f"{url} is no JSON object")
    return found


def ping(url: str) -> None:
    """Has a cache at `redis://` or `rediss://` say PONG. Raises `UnreachableError`."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 6379), timeout=ANSWER_S) as plain:
            line = _spoken_to(plain, parts.hostname or "", secure=parts.scheme == "rediss")
    except OSError as error:
        raise UnreachableError(str(error)) from error
    # One that wants a password is there, too.
    if not line.startswith((b"+PONG", b"-NOAUTH")):
        raise UnreachableError(f"it says {line[:40]!r}")


def listens(port: int) -> bool:
    """Whether anybody listens on the port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _spoken_to(plain: socket.socket, host: str, *, secure: bool) -> bytes:
    if not secure:
        plain.sendall(b"PING\r\n")
        return plain.recv(64)
    with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as wrapped:
        wrapped.sendall(b"PING\r\n")
        return wrapped.recv(64)


def _checked(url: str) -> str:
    """Raises `ValueError` for what is no address of the web."""
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise ValueError(f"{url!r} is no http:// or https:// address")
    return url
