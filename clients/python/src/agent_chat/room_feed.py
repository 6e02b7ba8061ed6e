"""A room as it is read: its messages in order, from wherever one left off, for as long as one likes.

The order is `FeedOrder`'s; here it is connected: subscribed again on every new connection, holes filled from the
history. Reading at one's own speed is fine: what can't be held is fetched again later.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from types import TracebackType
from typing import Protocol, Self

from agent_chat import frames
from agent_chat.connection import Connection
from agent_chat.errors import ChatError, ConnectionLostError
from agent_chat.events import ChangesMissed, Event
from agent_chat.feed import FeedOrder
from agent_chat.frames import Message, Range, Room, Subscribed, Tail
from agent_chat.ids import new_id
from agent_chat.session import retry_wait_s
from agent_chat.tasks import cancel

logger = logging.getLogger(__name__)

GRACE_S = 0.25
"""A hole that a live message shows is usually a frame that was overtaken: it gets this long to come by itself."""

LEAST_PATIENCE_S, MOST_PATIENCE_S = 0.15, 5.0
"""Pauses while a number is still being stored, doubling. What is not there after five seconds the server calls void."""


class Feeds(Protocol):
    """What a feed needs of those who keep it."""

    async def missing(self, room: str, gap: Range) -> Iterable[Message]:
        """Messages from the start of a gap on, from wherever they are to be had. Raises `ChatError`."""

    def follow_tail(self, room: str, tail: Tail | None) -> None:
        """The server said how the room is followed: by this tail, or live."""

    async def online(self) -> Connection:
        """The connection, as soon as there is one."""

    def lock(self, room: str) -> asyncio.Lock:
        """Held while a room is subscribed to or unsubscribed from: the server may carry out both at the same time."""

    def add(self, feed: RoomFeed) -> None:
        """The feed wants messages from now on."""

    async def remove(self, feed: RoomFeed) -> None:
        """The feed wants no more messages."""

    def tell(self, event: Event) -> None:
        """Something became known that is no message."""


class RoomFeed:
    """An async iterator over a room's messages by number: no gaps, no duplicates, no end but those told.

    Void numbers are passed over. One reader at a time. Use it as a context manager, so that the subscription ends
    when reading does: `async with chat.subscribe("general") as feed: async for message in feed: …`.
    """

    def __init__(
        self,
        feeds: Feeds,
        room: str,
        *,
        after: int | None = None,
        recent: int = 0,
    ) -> None:
        self.room = room
        self._feeds = feeds
        self._recent = recent
        self._order = FeedOrder(after)
        self._replayed = 0
        self._rev: int | None = None
        self._subscribed_on: Connection | None = None
        self._details: Room | None = None
        self._changed = asyncio.Event()
        self._incomplete = asyncio.Event()
        self._filler: asyncio.Task[None] | None = None
        self._ended = False
        self._error: Exception | None = None

    @property
    def position(self) -> int:
        """The number of the message handed out last: give it as `after` to continue here another day."""
        return self._order.position

    @property
    def newest(self) -> int:
        """The highest number known to exist in the room."""
        return self._order.newest

    @property
    def complete(self) -> int:
        """Everything up to this number has arrived."""
        return self._order.complete

    @property
    def rev(self) -> int:
        """The newest change of a message up to which all are known; 0 before the first subscription."""
        return self._rev or 0

    @property
    def details(self) -> Room | None:
        """The room as it was when the feed last subscribed; None before."""
        return self._details

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        """The next message, whenever it comes.

        Raises what ended the feed: `NotAMemberError` after a removal, `UnauthorizedError`, …. Ends without an error
        when the feed or the client is closed, or the user has left the room.
        """
        await self.open()
        while True:
            position = self._order.position
            message = self._order.take()
            if self._order.position != position:
                self._incomplete.set()  # there may be room for more now, be it behind a hole that was passed over
            if message is not None:
                return message
            if self._error is not None:
                raise self._error
            if self._ended:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()

    async def open(self) -> None:
        """Subscribes. Raises `NotAMemberError`, `RoomNotFoundError`, …. Does nothing where that was done."""
        if self._filler is not None or self._ended:
            return
        self._feeds.add(self)
        self._filler = asyncio.create_task(self._fill(), name=f"agent-chat feed {self.room}")
        try:
            while self._details is None and self._error is None and not self._ended:
                with contextlib.suppress(ConnectionLostError):
                    await self.resume(await self._feeds.online())
                await asyncio.sleep(0)
        except BaseException:
            await self.aclose()
            raise
        if self._error is not None:
            await self.aclose()
            raise self._error

    async def aclose(self) -> None:
        """Ends the subscription. What has arrived in order can still be read. Safe to repeat."""
        if self._filler is not None:
            await cancel(self._filler)
        if not self._ended:
            self._ended = True
            self._changed.set()
            await self._feeds.remove(self)

    def end(self, error: Exception | None) -> None:
        """No more messages will come, and why; None for a reader who wanted it so."""
        if self._error is None and not self._ended:
            self._error = error
            self._ended = error is None
            self._changed.set()

    def accept(self, messages: Iterable[Message]) -> None:
        """Takes in messages of this room."""
        if self._order.accept(messages):
            self._changed.set()
        self._incomplete.set()

    def learn(self, newest: int) -> None:
        """Takes in the room's newest number."""
        self._order.learn(newest)
        self._incomplete.set()

    def notice(self, rev: int) -> None:
        """A change of a message came live; the one after the last known leaves nothing to ask for."""
        if self._rev is not None and rev == self._rev + 1:
            self._rev = rev

    def revise(self, message: Message) -> None:
        """A message of this room was changed."""
        self._order.revise(message)

    def outdate(self, seq: int, rev: int) -> None:
        """A message of this room was changed by this user, who is told no more than that."""
        self._order.outdate(seq, rev)
        self._incomplete.set()

    def catch_up(self, rev: int) -> None:
        """What became of messages was told up to this change, on the way that this feed subscribed on."""
        if self._rev is not None:
            self._rev = max(self._rev, rev)

    async def refresh(self, connection: Connection) -> None:
        """Asks again what became of messages. Raises `ConnectionLostError`."""
        self._subscribed_on = None
        await self.resume(connection)

    async def resume(self, connection: Connection) -> None:
        """Subscribes on a connection, behind what is here. Raises `ConnectionLostError`; a refusal ends the feed."""
        attempt = 0
        async with self._feeds.lock(self.room):
            while self._subscribed_on is not connection and not self._ended and self._error is None:
                after = self._order.complete if self._order.started else None
                command = frames.Subscribe(id=new_id(), room=self.room, after=after, after_rev=self._rev)
                try:
                    self._subscribed(await connection.call(command, Subscribed))
                except ConnectionLostError:
                    raise
                except ChatError as error:
                    if not error.temporary:
                        self.end(error)
                        return
                    await asyncio.sleep(retry_wait_s(attempt, error))
                    attempt += 1
                else:
                    self._subscribed_on = connection

    def _subscribed(self, reply: Subscribed) -> None:
        self._details = reply.room
        begin = max(0, reply.last_seq - self._recent)
        if not reply.recovered and reply.gap is None:  # restored from a backup, with fewer numbers than were here
            self._order.restart(begin)
            self._feeds.tell(ChangesMissed(self.room))
        self._order.start(begin)
        self._replayed = reply.last_seq
        self._changed_meanwhile(reply)
        self.learn(reply.last_seq)
        self.accept(reply.messages)
        self._feeds.follow_tail(self.room, reply.tail)

    def _changed_meanwhile(self, reply: Subscribed) -> None:
        self._rev = reply.last_rev
        if reply.changes_gap:
            self._feeds.tell(ChangesMissed(self.room))
        for message in reply.changed:
            self._order.revise(message)
            self._feeds.tell(frames.MessageChanged(message=message))

    async def _fill(self) -> None:
        """Fetches what is missing, hole by hole, as far as there is room for it."""
        try:
            while self._error is None:
                gap = await self._next_gap()
                attempt = 0
                while gap is not None:
                    gained = await self._fetch(gap)
                    attempt = 0 if gained else attempt + 1
                    if not gained:
                        await asyncio.sleep(min(LEAST_PATIENCE_S * 2 ** min(attempt, 8), MOST_PATIENCE_S))
                    gap = self._order.gap()
        except Exception as error:  # noqa: BLE001  # handed to the reader
            self.end(error)

    async def _next_gap(self) -> Range | None:
        """Waits until something is missing that won't come by itself."""
        while (gap := self._order.gap()) is None:
            self._incomplete.clear()
            await self._incomplete.wait()
        if gap.first > self._replayed:
            await asyncio.sleep(GRACE_S)
        return self._order.gap()

    async def _fetch(self, gap: Range) -> bool:
        """Asks for messages from the start of a gap; whether any of them was missing."""
        try:
            messages = await self._feeds.missing(self.room, gap)
        except ChatError as error:
            if not error.temporary:
                raise
            logger.info("the history of %s is not to be had now: %s", self.room, error)
            return False
        gained = self._order.accept(messages)
        self._changed.set()
        return gained
