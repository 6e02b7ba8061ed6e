"""All rooms that are being read: whose a message is, what a new connection subscribes to again, what is synced."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeVar

from agent_chat import frames
from agent_chat.connection import CaughtUp, Connection, Excluded
from agent_chat.errors import ChatError, ClosedError, NotAMemberError
from agent_chat.events import Event
from agent_chat.frames import (
    Changed,
    Command,
    Done,
    MemberChanged,
    Message,
    MessageChanged,
    PinsChanged,
    ReactionsChanged,
    Synced,
)
from agent_chat.ids import new_id
from agent_chat.room_feed import RoomFeed
from agent_chat.session import Session

RESUMED_AT_ONCE = 10
UNSUBSCRIBE_TIMEOUT_S = 5.0

Kind = TypeVar("Kind")


class FeedRegistry:
    """The open feeds of one client; several of one room share its subscription."""

    def __init__(self, session: Session, tell: Callable[[Event], None]) -> None:
        self._session = session
        self.tell = tell
        self._rooms: defaultdict[str, list[RoomFeed]] = defaultdict(list)
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def call(self, command: Command, kind: type[Kind]) -> Kind:
        """Carries out a command on whatever connection there is."""
        return await self._session.call(command, kind)

    async def online(self) -> Connection:
        """The connection, as soon as there is one."""
        return await self._session.online()

    def lock(self, room: str) -> asyncio.Lock:
        """Held while a room is subscribed to or unsubscribed from."""
        return self._locks[room]

    def add(self, feed: RoomFeed) -> None:
        """The feed hears its room's messages and is resumed on every new connection."""
        self._rooms[feed.room].append(feed)

    async def remove(self, feed: RoomFeed) -> None:
        """Unsubscribes when it was the room's last."""
        if feed not in self._rooms[feed.room]:
            return
        self._rooms[feed.room].remove(feed)
        async with self.lock(feed.room):
            if self._rooms[feed.room]:
                return
            del self._rooms[feed.room]
            try:
                command = frames.Unsubscribe(id=new_id(), room=feed.room)
                await self._session.call(command, Done, timeout_s=UNSUBSCRIBE_TIMEOUT_S)
            except ChatError:
                return  # a lost connection or membership has ended the subscription, the next connection makes none

    def accept(self, message: Message) -> None:
        """Hands a message to who reads its room."""
        for feed in self._rooms.get(message.room, ()):
            feed.accept([message])

    def learn(self, room: str, newest: int) -> None:
        """Numbers of a room up to `newest` exist."""
        for feed in self._rooms.get(room, ()):
            feed.learn(newest)

    def notice(self, event: MessageChanged | ReactionsChanged | PinsChanged) -> None:
        """A message was changed."""
        room, rev = (
            (event.message.room, event.message.rev) if isinstance(event, MessageChanged) else (event.room, event.rev)
        )
        for feed in self._rooms.get(room, ()):
            feed.notice(rev)
            if isinstance(event, MessageChanged):
                feed.revise(event.message)

    def outdate(self, changed: Changed) -> None:
        """This user has changed a message: whoever makes a change is answered, and not told of it."""
        for feed in self._rooms.get(changed.room, ()):
            feed.outdate(changed.seq, changed.rev)

    def catch_up(self, to: CaughtUp) -> None:
        """What became of a room's messages was told up to a change."""
        for feed in self._rooms.get(to.room, ()):
            feed.catch_up(to.rev)

    def exclude(self, excluded: Excluded) -> None:
        """Ends the feeds of a room that is told of no more."""
        for feed in self._rooms.get(excluded.room, ()):
            feed.end(excluded.error)

    def dismiss(self, change: MemberChanged) -> None:
        """Ends the feeds of a room that the user is not in any more."""
        if change.role not in {None, "banned"}:
            return
        left = change.change == "left"
        error = None if left else NotAMemberError(f"{change.by.name} removed you from this room.")
        for feed in self._rooms.get(change.room, ()):
            feed.end(error)

    async def resume(self, connection: Connection) -> None:
        """Subscribes every feed on a connection. Raises `ConnectionLostError` when that is lost."""
        slots = asyncio.Semaphore(RESUMED_AT_ONCE)

        async def resume(feed: RoomFeed) -> None:
            async with slots:
                await feed.resume(connection)

        results = await asyncio.gather(*(resume(feed) for feed in self._all()), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def sync(self, connection: Connection, timeout_s: float) -> None:
        """Tells the server the newest numbers that are here, and the feeds those that are not. Raises `ChatError`."""
        have = {room: min(feed.complete for feed in feeds) for room, feeds in self._rooms.items() if feeds}
        pairs = iter(have.items())
        while True:
            page = dict(islice(pairs, frames.MAX_SYNCED))
            revs = {room: min(feed.rev for feed in self._rooms[room]) for room in page}
            sync = frames.Sync(id=new_id(), rooms=page, revs=revs)
            synced = await connection.call(sync, Synced, timeout_s=timeout_s)
            for room, newest in synced.rooms.items():
                self.learn(room, newest)
            for feed in [feed for room in synced.revs for feed in self._rooms.get(room, ())]:
                await feed.refresh(connection)
            if len(page) < frames.MAX_SYNCED:
                return

    def end(self, error: ChatError) -> None:
        """Ends all feeds; quietly when the client was closed."""
        for feed in self._all():
            feed.end(None if isinstance(error, ClosedError) else error)

    def _all(self) -> Iterator[RoomFeed]:
        return iter([feed for feeds in self._rooms.values() for feed in feeds])
