"""What stands between a deployed function and its cloud: every call can be seen, and something can happen to it.

A function is given this address instead of AWS' own (`AWS_ENDPOINT_URL`) and instead of the gateway's `@connections`.
What a fault lets through goes to the emulator and to the gateway unchanged.
"""

from __future__ import annotations

import asyncio
import threading
import urllib.parse
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import aiohttp
from aiohttp import web
from yarl import URL

from local.ports import LOOPBACK
from tests.integration.faults.processes import owner_of

CONNECTIONS = "@connections"
"""The operation of a post to a socket."""
UNFORWARDED = frozenset({"host", "content-length", "transfer-encoding", "connection"})
START_S = 10


@dataclass(frozen=True)
class Answer:
    """What the caller gets."""

    status: int
    body: bytes = b""


@dataclass(frozen=True)
class Asked:
    """A call of the function: `GetItem`, `SendMessageBatch`, `@connections`."""

    operation: str
    body: bytes
    caller: tuple[str, int]
    """The address of the function's end of the connection."""

    @property
    def process(self) -> int:
        """The id of the process that the function runs in."""
        return owner_of(self.caller)


PassOn = Callable[[bytes], Awaitable[Answer]]


class Fault(Protocol):
    """Something that goes wrong with some of the calls."""

    async def meet(self, asked: Asked, pass_on: PassOn) -> Answer | None:
        """What becomes of one call; None: its connection is cut without an answer."""


class Health:
    """Nothing goes wrong."""

    async def meet(self, asked: Asked, pass_on: PassOn) -> Answer | None:
        return await pass_on(asked.body)


QUIET_S = 0.5
"""Between the calls of one invocation there is never as much."""


@dataclass
class FaultProxy:
    """Serves on a thread of its own, so that a fault may outlive the event loop of one test."""

    emulator_url: str
    connections_url: str
    """The gateway's own base of `@connections`, with the stage."""
    fault: Fault = field(default_factory=Health)
    asked: list[str] = field(default_factory=list)
    """The operations of all calls so far."""
    _loop: asyncio.AbstractEventLoop = field(init=False, default_factory=asyncio.new_event_loop)
    _stopped: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    _port: int = field(init=False, default=0)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), name="faults")
        self._listening = threading.Event()
        self._thread.start()
        assert self._listening.wait(START_S), "the proxy does not listen"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()
        self._loop.close()

    @property
    def variables(self) -> dict[str, str]:
        """What sends a function's calls through here."""
        here = f"http://{LOOPBACK}:{self._port}"
        stage = urllib.parse.urlsplit(self.connections_url).path
        return {"AWS_ENDPOINT_URL": here, "CHAT_CONNECTIONS_URL": here + stage}

    async def quiet(self) -> None:
        """Waits until the function makes no calls any more."""
        before = -1
        while before != len(self.asked):
            before = len(self.asked)
            await asyncio.sleep(QUIET_S)

    async def _serve(self) -> None:
        timeout = aiohttp.ClientTimeout(total=60)
        async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as self._onward:
            application = web.Application(client_max_size=0)
            application.router.add_route("*", "/{path:.*}", self._receive)
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, LOOPBACK, 0).start()
            self._port = runner.addresses[0][1]
            self._listening.set()
            await self._stopped.wait()
            await runner.cleanup()

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        asked = Asked(operation_of(request), await request.read(), request.transport.get_extra_info("peername"))
        self.asked.append(asked.operation)

        def pass_on(body: bytes) -> Coroutine[Any, Any, Answer]:
            return self._pass_on(request, asked, body)

        answer = await self.fault.meet(asked, pass_on)
        if answer is None:
            request.transport.abort()
            return web.Response(status=500)  # nobody hears it
        return web.Response(status=answer.status, body=answer.body)

    async def _pass_on(self, request: web.Request, asked: Asked, body: bytes) -> Answer:
        target = self.connections_url if asked.operation == CONNECTIONS else self.emulator_url
        place = urllib.parse.urlsplit(target)
        url = URL(f"{place.scheme}://{place.netloc}{request.raw_path}", encoded=True)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in UNFORWARDED}
        async with self._onward.request(request.method, url, data=body, headers=headers) as answer:
            return Answer(answer.status, await answer.read())


def operation_of(request: web.Request) -> str:
    """The name that the service's own documentation has for it."""
    if f"/{CONNECTIONS}/" in urllib.parse.unquote(request.raw_path):
        return CONNECTIONS
    return request.headers.get("X-Amz-Target", request.path).rpartition(".")[2]
