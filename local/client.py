"""A chat client in a few lines, over the public endpoints and sockets only: what demo data and the smoke test speak
with.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from websockets.sync.client import ClientConnection, connect

from local.errors import LocalError

if TYPE_CHECKING:
    from types import TracebackType

REQUEST_TIMEOUT_S = 30.0
"""The first request to each function waits until its process has started."""


@dataclass
class Refused(Exception):  # noqa: N818  # the protocol's word
    """The server's `error` frame in reply to a command."""

    code: str
    message: str

    def __str__(self) -> str:
        """Both, for a log."""
        return f"{self.code}: {self.message}"


def request(url: str, body: dict[str, Any] | None = None, token: str | None = None) -> dict[str, Any]:
    """The JSON answer to a GET, or to a POST where there is a body. Raises `LocalError` for any but a 2xx."""
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    prepared = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310  # our own http URLs
    try:
        with urllib.request.urlopen(prepared, timeout=REQUEST_TIMEOUT_S) as answer:  # noqa: S310
            decoded: dict[str, Any] = json.loads(answer.read())
            return decoded
    except urllib.error.HTTPError as error:
        said = error.read().decode(errors="replace")[:500]
        raise LocalError(f"{prepared.get_method()} {url} answered {error.code}: {said}") from error
    except (OSError, ValueError) as error:
        raise LocalError(f"{prepared.get_method()} {url} failed: {error}") from error


@dataclass
class Client:
    """One user with one open socket. A context manager."""

    origin: str
    """Of the page and /api."""
    name: str
    user: dict[str, str] = field(init=False)
    _token: str = field(init=False, repr=False)
    _socket: ClientConnection = field(init=False)
    _closing: ExitStack = field(init=False, default_factory=ExitStack)

    def __enter__(self) -> Self:
        """Signs in by name, takes a ticket and opens the socket with it."""
        session = request(f"{self.origin}/api/sessions", {"name": self.name})
        self.user, self._token = session["user"], session["token"]
        ticket = request(f"{self.origin}/api/tickets", {}, self._token)
        opening = connect(f"{ticket['url']}?ticket={ticket['ticket']}", open_timeout=REQUEST_TIMEOUT_S, proxy=None)
        self._socket = self._closing.enter_context(opening)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the socket."""
        self._closing.close()

    def call(self, action: str, command: str | None = None, **fields: object) -> dict[str, Any]:
        """Carries out one command and returns the result in its ack; `command` is its id. Raises `Refused`."""
        identity = command or uuid.uuid4().hex
        self._socket.send(json.dumps({"action": action, "id": identity, **fields}))
        while True:
            frame = self.receive()
            if frame.get("id") == identity and frame.get("type") == "ack":
                result: dict[str, Any] = frame["result"]
                return result
            if frame.get("type") == "error" or "connectionId" in frame:
                raise Refused(str(frame.get("code", "internal")), str(frame.get("message")))

    def media_access(self, room: str) -> str:
        """What belongs behind an address of the room's media, for five minutes. Raises `LocalError`."""
        query: str = request(f"{self.origin}/api/rooms/{room}/media-access", token=self._token)["query"]
        return query

    def receive(self, timeout_s: float = REQUEST_TIMEOUT_S) -> dict[str, Any]:
        """The next frame, whatever it is. Raises TimeoutError when none comes."""
        frame: dict[str, Any] = json.loads(self._socket.recv(timeout=timeout_s))
        return frame
