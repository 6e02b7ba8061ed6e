"""The way without a socket: each command is a request, and events are asked for in the rooms that were subscribed to.

The server posts nothing to who comes this way, so it is here that subscriptions are kept. What no room's log holds does
not come: typing, presence, receipts, members; `docs/protocol/http.md` has the list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from agent_chat import frames
from agent_chat.backoff import full_jitter_ms
from agent_chat.connection import (
    REPLY_TIMEOUT_S,
    CaughtUp,
    Connection,
    EventHandler,
    Excluded,
    Succession,
    encoded,
    refusal_of,
    result_of,
)
from agent_chat.errors import (
    ChatError,
    ConnectionLostError,
    ElsewhereError,
    RefusedError,
    ReplyTimeoutError,
    UnauthorizedError,
    UnavailableError,
    UnreachableError,
)
from agent_chat.frames import Ack, Command, GatewayFault, Ready, Reconnection, Refusal, ServerFrame, Subscribed
from agent_chat.http import Api
from agent_chat.ids import new_id
from agent_chat.listener import Listener, Place
from agent_chat.tokens import TokenSource

AT_ONCE = 8
"""Commands under way; more wait for one of them. Each is a request on a connection of its own."""

UNANSWERED = 3
"""Requests in a row that nothing answers before nobody is taken to be there."""

SOCKET_PAUSES = Reconnection(first_ms=10_000, most_ms=300_000)
"""Between attempts to open a socket: it is better and cheaper. Each attempt costs a ticket."""

Kind = TypeVar("Kind")


class HttpConnection(Connection):
    """Takes a socket's place. Nothing is asked before the first command."""

    way = "http"

    def __init__(self, api: Api, tokens: TokenSource, on_event: EventHandler) -> None:
        self._api = api
        self._tokens = tokens
        self._on_event = on_event
        self._token: str | None = None
        self._renewing = asyncio.Lock()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._calls: set[asyncio.Task[Ack]] = set()
        self._listeners: list[Listener] = []
        self._listening: set[asyncio.Task[None]] = set()
        self._unanswered = 0
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lost.add_done_callback(lambda lost: lost.exception())

    def succession(self, ready: Ready) -> Succession:
        """By a socket, as soon as one can be opened."""
        del ready
        pauses = SOCKET_PAUSES
        return Succession(full_jitter_ms(0, pauses.first_ms, pauses.most_ms) / 1000, pauses)

    async def wait_idle(self) -> None:
        """See `Connection`."""
        while self._calls:
            await asyncio.wait(self._calls)
            await asyncio.sleep(0)  # whoever waited takes the reply

    async def call(self, command: Command, kind: type[Kind], *, timeout_s: float = REPLY_TIMEOUT_S) -> Kind:
        """See `Connection`; also raises `UnavailableError` when something else than the stage has answered."""
        result = await self._carry_out(command, kind, timeout_s)
        if isinstance(command, frames.Subscribe) and isinstance(result, Subscribed):
            self._follow(command.room, Place(result.last_seq, result.last_rev))
        elif isinstance(command, frames.Unsubscribe):
            self._unfollow(command.room)
        elif isinstance(command, frames.LeaveRoom):
            self._unfollow(command.room)
            self._on_event(self, Excluded(command.room, None))
        return result

    async def wait_lost(self) -> None:
        """See `Connection`."""
        await asyncio.shield(self._lost)

    async def close(self) -> None:
        """See `Connection`."""
        self._end()
        await asyncio.gather(*self._calls, *self._listening, return_exceptions=True)

    def abort(self) -> None:
        """See `Connection`."""
        self._end()

    async def _carry_out(self, command: Command, kind: type[Kind], timeout_s: float) -> Kind:
        text = encoded(command)
        if self._lost.done():
            raise ConnectionLostError("The connection is closed.")
        posted = asyncio.create_task(self._post(text))
        self._calls.add(posted)
        posted.add_done_callback(self._calls.discard)
        try:
            async with asyncio.timeout(timeout_s):
                return result_of(await posted, kind)
        except TimeoutError:
            self._count_unanswered()
            raise ReplyTimeoutError(f"No reply within {timeout_s:.0f} s.") from None
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if self._lost.done() and current is not None and not current.cancelling():
                raise ConnectionLostError("The connection was lost.") from None
            raise

    async def _post(self, text: str) -> Ack:
        """The reply to a frame. Whatever is none of the stage's is no answer: the command is to be repeated."""
        async with self._slots:
            try:
                answer = await self._authorized(lambda token: self._api.command(token, text))
                (reply,) = frames.decode(answer)
            except RefusedError as error:
                raise error if error.temporary else UnavailableError(error.message) from error
            except (frames.FrameError, ValueError):
                raise UnavailableError("Something else than the stage has answered.") from None
        if isinstance(reply, Refusal):
            refusal = refusal_of(reply)
            if isinstance(refusal, ElsewhereError):
                self._end()  # nothing is carried out on it any more
            raise refusal
        if not isinstance(reply, Ack):
            raise UnavailableError("Something else than a reply has come.")
        return reply

    async def _authorized(self, ask: Callable[[str], Awaitable[str]]) -> str:
        """An answer of the stage, with a new token where the old one is not good any more."""
        try:
            used = self._token or await self._renew(None)
            try:
                answer = await ask(used)
            except UnauthorizedError:
                answer = await ask(await self._renew(used))
        except UnreachableError:
            self._count_unanswered()
            raise
        except UnauthorizedError as error:
            # Whoever opens the next connection is told so too, and is the one to say that it is over.
            self._end()
            raise ConnectionLostError("The stage does not take the token any more.") from error
        except ChatError:
            self._unanswered = 0
            raise
        self._unanswered = 0
        return answer

    async def _renew(self, used: str | None) -> str:
        """Another token than the one that was used: several find out at once that it is not good any more."""
        async with self._renewing:
            if self._token is None or self._token == used:
                self._token = await self._tokens.token(renew=used is not None)
            return self._token

    def _count_unanswered(self) -> None:
        self._unanswered += 1
        if self._unanswered >= UNANSWERED:
            self._end()

    def _follow(self, room: str, place: Place) -> None:
        """A room that is followed already stays where it is: another reader of it may lack what comes from there."""
        if self._lost.done() or any(room in listener for listener in self._listeners):
            return
        listener = next((each for each in self._listeners if not each.full), None) or self._listen()
        listener.follow(room, place)

    def _unfollow(self, room: str) -> None:
        for listener in self._listeners:
            listener.unfollow(room)

    def _listen(self) -> Listener:
        listener = Listener(self._read, self._heard, self._exclude)
        self._listeners.append(listener)
        task = asyncio.create_task(listener.run(), name="agent-chat listener")
        self._listening.add(task)
        task.add_done_callback(self._listening_ended)
        return listener

    def _listening_ended(self, task: asyncio.Task[None]) -> None:
        self._listening.discard(task)
        if not task.cancelled():
            self._end(task.exception())

    async def _read(self, places: str) -> str:
        return await self._authorized(lambda token: self._api.events(token, places))

    def _heard(self, event: ServerFrame | CaughtUp) -> None:
        if not isinstance(event, Ack | Refusal | GatewayFault):
            self._on_event(self, event)

    async def _exclude(self, rooms: list[str]) -> None:
        """One of the rooms may not be read any more, and the stage refuses all of them for it: each is asked for."""
        for room in rooms:
            try:
                await self._carry_out(frames.Subscribe(id=new_id(), room=room), Subscribed, REPLY_TIMEOUT_S)
            except ChatError as error:
                if not error.temporary:
                    self._unfollow(room)
                    self._on_event(self, Excluded(room, error))

    def _end(self, fault: BaseException | None = None) -> None:
        if self._lost.done():
            return
        if fault is None:
            self._lost.set_result(None)
        else:
            self._lost.set_exception(fault)
        for task in (*self._calls, *self._listening):
            task.cancel()
