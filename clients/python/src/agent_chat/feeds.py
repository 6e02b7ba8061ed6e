"""All rooms that are being read: whose a message is, what a new connection subscribes to again, what is synced."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from agent_chat import frames
from agent_chat.connection import REPLY_TIMEOUT_S, CaughtUp, Connection, Excluded
from agent_chat.errors import ChatError, ClosedError, ConnectionLostError, NotAMemberError
from agent_chat.events import Event
from agent_chat.frames import (
    Changed,
    Done,
    History,
    MemberChanged,
    Message,
    MessageChanged,
    PinsChanged,
    Range,
    ReactionsChanged,
    RoomPace,
    Synced,
    Tail,
)
from agent_chat.ids import new_id
from agent_chat.room_feed import RoomFeed
from agent_chat.session import Session
from agent_chat.tail_documents import HttpTails
from agent_chat.tails import TailedRooms

RESUMED_AT_ONCE = 10
UNSUBSCRIBE_TIMEOUT_S = 5.0


class FeedRegistry:
    """The open feeds of one client; several of one room share its subscription."""

    def __init__(self, session: Session, documents: HttpTails, tell: Callable[[Event], None]) -> None:
        self._session = session
        self._tails = TailedRooms(documents, lambda room: _Readers(self, room))
        self.tell = tell
        self._rooms: defaultdict[str, list[RoomFeed]] = defaultdict(list)
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def missing(self, room: str, gap: Range) -> Iterable[Message]:
        """Messages from the start of a gap on: from the room's tail, or else a page of its history."""
        found = await self._tails.fetch(room, gap)
        if found is not None:
            return found
        limit = min(frames.MAX_PAGE, gap.last - gap.first + 1)
        command = frames.ReadHistory(id=new_id(), room=room, after=gap.first - 1, limit=limit)
        return (await self._session.call(command, History)).messages

    def follow_tail(self, room: str, tail: Tail | None) -> None:
        """The server said how a room is followed: by this tail, or live."""
        if self._rooms.get(room):
            self._tails.follow(room, tail)

    def pace(self, event: RoomPace) -> None:
        """As `follow_tail`, by an event."""
        if self._rooms.get(event.room):
            self._tails.pace(event)

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
        if not self._rooms[feed.room]:
            self._tails.drop(feed.room)
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
        self._tails.drop(excluded.room)
        for feed in self._rooms.get(excluded.room, ()):
            feed.end(excluded.error)

    def dismiss(self, change: MemberChanged) -> None:
        """Ends the feeds of a room that the user is not in any more."""
        if change.role not in {None, "banned"}:
            return
        self._tails.drop(change.room)
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
            for room in page:
                self.follow_tail(room, synced.tails.get(room))
            for room, newest in synced.rooms.items():
                self.learn(room, newest)
            for room in synced.revs:
                if not self._tails.serves(room):
                    await self.refresh(room, connection)
            for room in synced.outside:  # subscribing says so for certain, and why
                await self.refresh(room, connection)
            if len(page) < frames.MAX_SYNCED:
                return

    async def refresh(self, room: str, connection: Connection) -> None:
        """Asks again what became of a room's messages. Raises `ConnectionLostError`."""
        for feed in self.of(room):
            await feed.refresh(connection)

    async def ask(self, timeout_s: float) -> Connection:
        """A heartbeat between two others: the connection that it went over. Raises `ChatError`, at once for none."""
        if self._session.way is None:
            raise ConnectionLostError("There is no connection.")
        connection = await self._session.online()
        await self.sync(connection, timeout_s)
        return connection

    def of(self, room: str) -> list[RoomFeed]:
        """The open feeds of a room."""
        return list(self._rooms.get(room, ()))

    async def close(self) -> None:
        """Ends what follows tails."""
        await self._tails.close()

    def end(self, error: ChatError) -> None:
        """Ends all feeds; quietly when the client was closed."""
        for room in list(self._rooms):
            self._tails.drop(room)
        for feed in self._all():
            feed.end(None if isinstance(error, ClosedError) else error)

    def _all(self) -> Iterator[RoomFeed]:
        return iter([feed for feeds in self._rooms.values() for feed in feeds])


class _Readers:
    """The feeds of one room, as the follower of its tail knows them."""

    def __init__(self, feeds: FeedRegistry, room: str) -> None:
        self._feeds = feeds
        self._room = room

    @property
    def rev(self) -> int:
        return min((feed.rev for feed in self._feeds.of(self._room)), default=0)

    def accept(self, messages: Sequence[Message]) -> None:
        for feed in self._feeds.of(self._room):
            feed.accept(messages)

    def learn(self, newest: int) -> None:
        self._feeds.learn(self._room, newest)

    def change(self, messages: Sequence[Message], rev: int) -> None:
        for message in messages:
            self._feeds.tell(MessageChanged(message=message))
        self._feeds.catch_up(CaughtUp(self._room, rev))

    async def ask(self) -> None:
        await self._feeds.ask(REPLY_TIMEOUT_S)

    async def refresh(self) -> None:
        await self._feeds.refresh(self._room, await self._feeds.ask(REPLY_TIMEOUT_S))
