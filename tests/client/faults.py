"""What can go wrong at the stage of this process, and whom it happens to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSCloseCode, web

Frame = dict[str, Any]


@dataclass(frozen=True)
class Refuse(Exception):  # noqa: N818  # a verb: what a fault does
    """The command is answered by this error."""

    code: str
    temporary: bool = False
    retry_after_ms: int | None = None


@dataclass(eq=False)
class Peer:
    """One client's connection; one without a socket is of a request over HTTP."""

    user: str
    socket: web.WebSocketResponse | None = None
    rooms: set[str] = field(default_factory=set)

    def vanish(self) -> None:
        """The connection ends without a word."""
        request = self.socket._req if self.socket is not None else None
        if request is not None and request.transport is not None:
            request.transport.abort()

    async def tell(self, frame: Frame | list[Frame]) -> None:
        if self.socket is not None and not self.socket.closed:
            await self.socket.send_str(json.dumps(frame))

    async def close(self, code: int = WSCloseCode.OK) -> None:
        if self.socket is not None:
            await self.socket.close(code=code)


@dataclass
class Faults:
    """What goes wrong; by default nothing. Probabilities are of each delivered message."""

    seed: int = 1
    lost: float = 0
    repeated: float = 0
    delay_s: float = 0
    before: Callable[[Peer, Frame], Any] = lambda _peer, _frame: None
    """Called before a command is carried out; may raise `Refuse`, or return an awaitable to wait for."""
    reply: Callable[[Peer, Frame], bool] = lambda _peer, _frame: True
    """Whether a command that was carried out is answered."""
    ticket: Callable[[], web.Response | None] = lambda: None
    """An answer instead of a ticket."""
    socket: Callable[[], web.Response | None] = lambda: None
    """An answer instead of a socket: what a proxy says that lets none through."""
    http: Callable[[web.Request], web.StreamResponse | None] = lambda _request: None
    """An answer instead of a command's reply, or of events."""


def problem(status: int, code: str, *, temporary: bool = False) -> web.Response:
    """An error of the HTTP side."""
    return web.json_response(
        {"code": code, "message": "No.", "temporary": temporary, "retry_after_ms": None}, status=status
    )
