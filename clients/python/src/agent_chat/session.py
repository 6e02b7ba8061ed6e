"""Keeps one connection open for as long as the client lives: opens, beats, succeeds, and opens again after every loss.

A loss is answered inside the window that the server advertised. Before the server's own cut, and where there is a
better way than the one in use, a new connection is made and resumed before the old one is given up. What is resumed is
the owner's to know, and which ways there are. Knows neither rooms nor messages.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol, TypeVar

import msgspec

from agent_chat.backoff import full_jitter_ms
from agent_chat.connection import REPLY_TIMEOUT_S, CaughtUp, Connection, ConnectionEvent, Excluded, Succession
from agent_chat.errors import (
    ChatError,
    ClosedError,
    ConnectionLostError,
    ProtocolError,
    UnreachableError,
)
from agent_chat.events import ConnectionChanged, ConnectionState, Way
from agent_chat.frames import Command, MessagePosted, Ready, Reconnection
from agent_chat.tasks import cancel
from agent_chat.ways import Opened, Ways

logger = logging.getLogger(__name__)

BEFORE_READY = Reconnection(first_ms=500, most_ms=20_000)
"""Until a server has said otherwise."""

STABLE_S = 10.0
"""A connection that lived shorter counts as another failed attempt: a server that cuts at once is not hammered."""

DRAIN_S = 10.0
"""How long a connection that was replaced stays open for replies still under way."""

LEAST_HEARTBEAT_S = 1.0
TICK_S = 5.0
SLEPT_S = 10.0
"""A tick that took this much longer by the wall clock than by ours: the machine was asleep."""

PROBE_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 45.0
FIRST_RETRY_MS = 200
MOST_RETRY_MS = 5_000
LOST_RETRY_S = 0.02
"""The next connection is what is waited for."""

Kind = TypeVar("Kind")


class Owner(Protocol):
    """Whoever a session works for."""

    def receive(self, event: ConnectionEvent) -> None:
        """An event came. Must not block."""

    def state_changed(self, changed: ConnectionChanged) -> None:
        """The connection is in another state."""

    async def resume(self, connection: Connection) -> None:
        """Continues on a new connection what the last one carried. Raises only when that connection is lost."""

    async def sync(self, connection: Connection, timeout_s: float) -> None:
        """Asks for what was missed; also the heartbeat. Raises `ChatError` when there is no answer."""


class Session:
    """One user's line to a stage. `start` opens it, `close` ends it."""

    def __init__(self, ways: Ways, owner: Owner, *, uniform: Callable[[], float] = random.random) -> None:
        self._ways = ways
        self._owner = owner
        self._uniform = uniform
        self._ready: Ready | None = None
        self._connection: Connection | None = None
        self._online = asyncio.Event()
        self._failure: ChatError | None = None
        self._obstacle: ChatError | None = None
        self._task: asyncio.Task[None] | None = None
        self._draining: set[asyncio.Task[None]] = set()
        self._overlapping = False
        self._overlap: Counter[tuple[int, bytes]] = Counter()
        self.state: ConnectionState = "connecting"

    @property
    def ready(self) -> Ready:
        """What the server said last about this session. Raises `ClosedError` before `start`."""
        if self._ready is None:
            raise ClosedError("The session is not open yet.")
        return self._ready

    @property
    def way(self) -> Way | None:
        """What the connection goes over; None while there is none."""
        return self._connection.way if self._connection is not None else None

    @property
    def failure(self) -> ChatError | None:
        """What ended the session; None while it lives."""
        return self._failure

    async def start(self, timeout_s: float) -> None:
        """Opens the first connection; what is only temporary is tried again for `timeout_s`. Raises `ChatError`."""
        try:
            async with asyncio.timeout(timeout_s):
                opened = await self._open_first()
        except TimeoutError:
            why = f": {self._obstacle}" if self._obstacle else "."
            raise UnreachableError(f"The stage was not ready within {timeout_s:.0f} s{why}") from None
        self._install(opened)
        self._task = asyncio.create_task(self._run(opened.connection), name="agent-chat session")

    async def close(self) -> None:
        """Ends everything. Calls under way end with `ClosedError`. Safe to repeat."""
        if self._failure is None:
            self._fail(ClosedError("The client was closed."), "closed")
        tasks = [*self._draining, *([self._task] if self._task else [])]
        await cancel(*tasks)
        if self._connection is not None:
            await self._connection.close()

    async def online(self) -> Connection:
        """The connection, as soon as there is one. Raises what ended the session."""
        while True:
            await self._online.wait()
            if self._failure is not None:
                raise self._failure
            if self._connection is not None:
                return self._connection

    async def call(self, command: Command, kind: type[Kind], *, timeout_s: float = COMMAND_TIMEOUT_S) -> Kind:
        """Carries out a command, repeated under the same id across connections until the server's last word.

        Raises the server's refusal, or after `timeout_s` the last temporary one.
        """
        last: ChatError | None = None
        attempt = 0
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    connection = await self.online()
                    try:
                        return await connection.call(command, kind)
                    except ChatError as error:
                        if not error.temporary or (error.retry_after_ms or 0) > timeout_s * 1000:
                            raise
                        last = error
                    await asyncio.sleep(retry_wait_s(attempt, last, self._uniform))
                    attempt += 1
        except TimeoutError:
            raise last or UnreachableError(f"There was no connection for {timeout_s:.0f} s.") from None

    async def _open_first(self) -> Opened:
        attempt = 0
        while True:
            try:
                return await self._ways.open(self._receive)
            except UnreachableError:
                raise
            except ChatError as error:
                if not error.temporary:
                    raise
                self._obstacle = error
                logger.info("not ready yet: %s", error)
                wait_ms = full_jitter_ms(attempt, BEFORE_READY.first_ms, BEFORE_READY.most_ms, self._uniform)
                await asyncio.sleep(((error.retry_after_ms or 0) + wait_ms) / 1000)
            attempt += 1

    async def _run(self, connection: Connection) -> None:
        """Serves one connection after the other until the session ends."""
        try:
            short_lived = 0
            while True:
                opened_at_s = time.monotonic()
                successor = await self._serve(connection)
                if successor is None:
                    self._end_overlap()
                    short_lived = 0 if time.monotonic() - opened_at_s > STABLE_S else short_lived + 1
                    successor = await self._reopen(max(0, short_lived - 1))
                    self._install(successor)
                connection = successor.connection
        except ChatError as error:
            self._fail(error, "refused")
        except Exception as error:
            logger.exception("the session ended by a fault of this client")
            self._fail(ProtocolError(f"The client failed: {error!r}"), "closed")

    async def _reopen(self, failures: int) -> Opened:
        """The next connection after a loss. Raises `ChatError` when trying on is pointless."""
        while True:
            window = self.ready.reconnect if self._ready else BEFORE_READY
            wait_s = full_jitter_ms(failures, window.first_ms, window.most_ms, self._uniform) / 1000
            self._change("waiting", wait_s)
            await asyncio.sleep(wait_s)
            self._change("connecting")
            try:
                return await self._ways.open(self._receive)
            except ChatError as error:
                if not error.temporary:
                    raise
                logger.info("no connection: %s", error)
            failures += 1

    async def _serve(self, connection: Connection) -> Opened | None:
        """Returns when the connection is done with: its successor where one was made, None after a loss."""
        resumed = asyncio.create_task(self._resume(connection))
        beating = asyncio.create_task(self._beat(connection))
        succeeded = asyncio.create_task(self._succeed(connection.succession(self.ready)))
        lost = asyncio.create_task(connection.wait_lost())
        tasks: set[asyncio.Task[None] | asyncio.Task[Opened]] = {resumed, beating, succeeded, lost}
        try:
            while not (lost.done() or succeeded.done()):
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                tasks -= done
                for task in done:
                    task.result()
        finally:
            if lost.done():  # nobody may take a dead connection for a live one while the rest is wound up
                self._uninstall(connection)
            await cancel(resumed, beating, succeeded, lost)
        if succeeded.done() and not succeeded.cancelled():
            successor = succeeded.result()
            self._install(successor)
            self._drain(connection)
            return successor
        return None

    async def _resume(self, connection: Connection) -> None:
        with contextlib.suppress(ConnectionLostError):  # the loss itself is noticed by who waits for it
            await self._owner.resume(connection)

    async def _succeed(self, plan: Succession) -> Opened:
        """Waits until it is time, then makes the next connection and resumes on it before the old one is left."""
        await asyncio.sleep(plan.after_s)
        failures = 0
        while True:
            try:
                return await self._open_resumed()
            except ChatError as error:
                if not error.temporary:
                    raise
                logger.info("the next connection was not to be had: %s", error)
            self._end_overlap()
            pauses = plan.pauses
            await asyncio.sleep(full_jitter_ms(failures, pauses.first_ms, pauses.most_ms, self._uniform) / 1000)
            failures += 1

    async def _open_resumed(self) -> Opened:
        self._overlapping = True
        successor = await self._ways.open_socket(self._receive)
        try:
            await self._owner.resume(successor.connection)
        except BaseException:
            await successor.connection.close()
            raise
        return successor

    def _drain(self, connection: Connection) -> None:
        """Closes a connection that was replaced, once its replies are here."""

        async def drain() -> None:
            try:
                async with asyncio.timeout(DRAIN_S):
                    await connection.wait_idle()
            except TimeoutError:
                logger.info("a replaced connection is closed although replies were missing")
            finally:
                await connection.close()
                self._end_overlap()

        task = asyncio.create_task(drain(), name="agent-chat drain")
        self._draining.add(task)
        task.add_done_callback(self._draining.discard)

    async def _beat(self, connection: Connection) -> None:
        """A sync every `heartbeat_s`, and at once after the machine slept; on a dead connection it is what notices.

        One that is refused for a while is tried again soon: what it would have brought is missing until then.
        """
        heartbeat_s = max(LEAST_HEARTBEAT_S, self.ready.heartbeat_s)
        due_s, failed = time.monotonic() + heartbeat_s, 0
        while True:
            before_s, before_wall_s = time.monotonic(), time.time()
            await asyncio.sleep(max(0.0, min(TICK_S, due_s - before_s)))
            slept = (time.time() - before_wall_s) - (time.monotonic() - before_s) > SLEPT_S
            if not slept and time.monotonic() < due_s:
                continue
            try:
                await self._owner.sync(connection, PROBE_TIMEOUT_S if slept else REPLY_TIMEOUT_S)
            except ConnectionLostError:
                return
            except ChatError as error:  # where nothing came at all, the connection has given itself up
                logger.info("a heartbeat came to nothing: %s", error)
                pause_s = min(heartbeat_s, retry_wait_s(failed, error)) if error.temporary else heartbeat_s
                failed += 1
            else:
                pause_s, failed = heartbeat_s, 0
            due_s = time.monotonic() + pause_s

    def _end_overlap(self) -> None:
        self._overlapping = False
        self._overlap.clear()

    def _receive(self, connection: Connection, event: ConnectionEvent) -> None:
        """Passes an event on; while two connections are open, what comes on both of them only once."""
        # Messages have numbers to tell them apart, and what a connection says itself holds for this one alone.
        if self._overlapping and not isinstance(event, MessagePosted | CaughtUp | Excluded):
            content = msgspec.json.encode(event)
            for (other, seen), count in self._overlap.items():
                if other != id(connection) and seen == content and count:
                    self._overlap[other, seen] -= 1
                    return
            self._overlap[id(connection), content] += 1
        self._owner.receive(event)

    def _install(self, opened: Opened) -> None:
        self._connection, self._ready = opened.connection, opened.ready
        self._online.set()
        self._change("online")

    def _uninstall(self, connection: Connection) -> None:
        if self._connection is connection:
            self._connection = None
            self._online.clear()

    def _fail(self, error: ChatError, state: ConnectionState) -> None:
        if self._failure is None:
            self._failure = error
        self._online.set()
        self._change(state)

    def _change(self, state: ConnectionState, retry_in_s: float | None = None) -> None:
        self.state = state
        self._owner.state_changed(ConnectionChanged(state, retry_in_s, self.way if state == "online" else None))


def retry_wait_s(attempt: int, error: ChatError, uniform: Callable[[], float] = random.random) -> float:
    """How long to wait before a command that was refused for a while is sent again."""
    if isinstance(error, ConnectionLostError):
        return LOST_RETRY_S
    return ((error.retry_after_ms or 0) + full_jitter_ms(attempt, FIRST_RETRY_MS, MOST_RETRY_MS, uniform)) / 1000
