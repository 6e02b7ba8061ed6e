"""What the Python client reaches its stage by, here: sockets and requests that end at the simulated gateway.

In the place of `websockets` there is a socket with the few methods that `agent_chat.socket_connection` uses; in that
of `agent_chat.exchange.exchange` a function with its contract. Which machine asks is known by the context.
"""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosedError, InvalidHandshake

from agent_chat import exchange, http, socket_connection
from agent_chat.errors import UnreachableError
from simulation.clients.loop import Machine, current_machine
from simulation.cloud.gateway import ABNORMAL, Gateway, HttpAnswer, Socket


class SimulatedSocket:
    """A client's end of a socket: see `websockets.asyncio.client.ClientConnection`."""

    def __init__(self, network: Network, gateway: Gateway, machine: Machine) -> None:
        self.machine = machine
        self.transport = self
        self.heard: list[str] = []
        """Frames, as they came."""
        self._network = network
        self._gateway = gateway
        self._socket: Socket | None = None
        self._frames: asyncio.Queue[str | None] = asyncio.Queue()
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lost = False

    async def open(self, query: str) -> None:
        """Raises `InvalidHandshake` where it is refused."""
        self._gateway.open(query, self)
        try:
            await self._opened
        except asyncio.CancelledError:
            self._lost = True
            raise

    async def send(self, text: str) -> None:
        """Raises `ConnectionClosedError`."""
        if self._lost or self._socket is None:
            raise ConnectionClosedError(None, None)
        self._gateway.send(self._socket, text)

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        text = await self._frames.get()
        if text is None:
            raise ConnectionClosedError(None, None)
        return text

    async def close(self) -> None:
        """Safe to repeat."""
        self.abort()

    def abort(self) -> None:
        """Ends it. The other side hears of it, unless the client has vanished."""
        if self._socket is not None and not self._lost:
            self._gateway.close(self._socket)
        self._lose()

    def get_extra_info(self, name: str) -> None:
        """There is no such thing as a kernel's socket here."""
        del name

    def lose(self, *, silently: bool) -> None:
        """The network between is gone. Silently: the gateway does not find out, and posts go nowhere."""
        if self._socket is None or self._lost:
            return
        if silently:
            self._gateway.vanish(self._socket)
        else:
            self._gateway.close(self._socket)
        self.closed(ABNORMAL)

    # What the gateway tells

    def opened(self, socket: Socket) -> None:
        """See `Listener`."""
        if self._lost:
            self._gateway.close(socket)
            return
        self._socket = socket
        self._network.open_sockets.setdefault(self.machine.name, []).append(self)
        if not self._opened.done():
            self._opened.set_result(None)

    def refused(self, status: int) -> None:
        """See `Listener`."""
        if not self._opened.done():
            self._opened.set_exception(InvalidHandshake(f"HTTP {status}"))

    def received(self, text: str) -> None:
        """See `Listener`."""
        if not self._lost:
            self.heard.append(text)
            self._frames.put_nowait(text)

    def closed(self, code: int) -> None:
        """See `Listener`."""
        del code
        self._lose()

    def _lose(self) -> None:
        if not self._lost:
            self._lost = True
            self._frames.put_nowait(None)
        mine = self._network.open_sockets.get(self.machine.name, [])
        if self in mine:
            mine.remove(self)


class Network:
    """All clients' way to the gateways of a stage. `cut_off` are machines that reach nobody at the moment.

    An address leads to the Region that it names, or else to the first.
    """

    def __init__(self, *gateways: Gateway) -> None:
        self._gateways = gateways
        self.sockets: list[SimulatedSocket] = []
        """All that there ever were."""
        self.open_sockets: dict[str, list[SimulatedSocket]] = {}
        self.cut_off: set[str] = set()

    async def connect(self, url: str, **_options: object) -> SimulatedSocket:
        """As `websockets.connect`; its options are limits that nobody meets here, but for the time that it takes."""
        machine = current_machine.get()
        self._require_reachable(machine)
        socket = SimulatedSocket(self, self._gateway(url), machine)
        self.sockets.append(socket)
        async with asyncio.timeout(socket_connection.OPEN_TIMEOUT_S):
            await socket.open(urlsplit(url).query)
        return socket

    async def exchange(self, request: urllib.request.Request, *, timeout_s: float, broken_off: bool = False) -> bytes:
        """As `agent_chat.exchange.exchange`."""
        del broken_off
        machine = current_machine.get()
        try:
            self._require_reachable(machine)
        except OSError as error:
            await asyncio.sleep(0)
            raise UnreachableError(f"The stage does not answer: {error}") from None
        answered: asyncio.Future[HttpAnswer] = asyncio.get_running_loop().create_future()

        def then(answer: HttpAnswer) -> None:
            if not answered.done() and machine.name not in self.cut_off:
                answered.set_result(answer)

        parts = urlsplit(request.full_url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        body = request.data.decode() if isinstance(request.data, bytes) else ""
        self._gateway(request.full_url).request(request.get_method(), target, dict(request.header_items()), body, then)
        try:
            async with asyncio.timeout(timeout_s):
                answer = await answered
        except TimeoutError:
            raise UnreachableError("The stage does not answer in time.") from None
        if not answer.status:
            raise UnreachableError("The stage does not answer.")
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's own range
            raise exchange._explain(answer.status, answer.body.encode())  # noqa: SLF001 - the client's own words for it
        return answer.body.encode()

    def _gateway(self, url: str) -> Gateway:
        host = urlsplit(url).netloc
        return next((each for each in self._gateways if each.cloud.region in host), self._gateways[0])

    def _require_reachable(self, machine: Machine) -> None:
        if machine.name in self.cut_off:
            raise OSError("no network")


@contextmanager
def online(network: Network) -> Iterator[None]:
    """Python clients in this process reach the simulated gateway, and nothing else."""
    replaced: list[tuple[Any, str, Callable[..., Any]]] = [
        (socket_connection, "connect", network.connect),
        (http, "exchange", network.exchange),
    ]
    before = [(module, name, getattr(module, name)) for module, name, _ in replaced]
    for module, name, value in replaced:
        setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)
