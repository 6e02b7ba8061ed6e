"""What happens besides messages, for whoever listens: events of the server, and the connection's own ups and downs."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar, get_args

from agent_chat.errors import ChatError, LaggedError
from agent_chat.frames import (
    AccountErasing,
    AuthorErased,
    MediaRejected,
    MemberChanged,
    Mentioned,
    MessageChanged,
    MessagesSkipped,
    PinsChanged,
    PresenceChanged,
    ReactionsChanged,
    ReadMoved,
    ReceiptsMoved,
    RoomAdvanced,
    RoomChanged,
    RoomPace,
    TypingStarted,
)

LIMIT = 10_000
"""Unread events of one stream."""

REMEMBERED = 10_000
"""Messages whose newest change is remembered: some 2 MB."""

ConnectionState = Literal["connecting", "online", "waiting", "closed", "refused"]
"""`waiting` until the next attempt; `refused`: signing in is over, no attempt will be made."""


Way = Literal["socket", "http"]
"""`http`: slower, and without what is told to sockets only; taken where no socket can be opened, until one can."""


@dataclass(frozen=True)
class ConnectionChanged:
    """The connection is in another state. `retry_in_s`: when `waiting`, how long; `way`: when `online`, over what."""

    state: ConnectionState
    retry_in_s: float | None = None
    way: Way | None = None


@dataclass(frozen=True)
class ChangesMissed:
    """More messages of a room were edited or reacted to meanwhile than can be told one by one: read them again."""

    room: str


NoticeEvent = (
    MessageChanged
    | ReactionsChanged
    | PinsChanged
    | Mentioned
    | MemberChanged
    | ReadMoved
    | TypingStarted
    | PresenceChanged
    | ReceiptsMoved
    | RoomAdvanced
    | RoomChanged
    | RoomPace
    | MessagesSkipped
    | AuthorErased
    | AccountErasing
    | MediaRejected
)
"""Every event of the server but new messages, which feeds hand out."""

Event = NoticeEvent | ConnectionChanged | ChangesMissed
EVERY_KIND: tuple[type[Event], ...] = get_args(Event)
E_co = TypeVar("E_co", bound=Event, covariant=True)


class EventStream(Generic[E_co]):
    """An async iterator of events from the moment it was made. Ends when the client is closed, or by `close`."""

    def __init__(self, kinds: tuple[type[E_co], ...], limit: int = LIMIT) -> None:
        self._kinds = kinds
        self._limit = limit
        self._unread: deque[E_co] = deque()
        self._changed = asyncio.Event()
        self._ended = False
        self._error: ChatError | None = None

    def __aiter__(self) -> EventStream[E_co]:
        return self

    async def __anext__(self) -> E_co:
        """The next event. Raises `LaggedError` after the last one that was kept, if more came than that."""
        while not self._unread:
            if self._error is not None:
                raise self._error
            if self._ended:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        return self._unread.popleft()

    def close(self) -> None:
        """No more events; those already here can still be read."""
        self._end(None)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come in."""
        return self._ended

    def offer(self, event: Event) -> None:
        """Takes an event in if it is of the kinds wanted."""
        if self._ended or not isinstance(event, self._kinds):
            return
        if len(self._unread) >= self._limit:
            self._end(LaggedError(f"{self._limit} events were not read; there have been more."))
            return
        self._unread.append(event)
        self._changed.set()

    def _end(self, error: ChatError | None) -> None:
        if not self._ended:
            self._ended, self._error = True, error
            self._changed.set()


class EventStreams:
    """All who listen. Changes of one message may overtake each other on their way: none is told after a newer one."""

    def __init__(self) -> None:
        self._streams: list[EventStream[Event]] = []
        self._newest: dict[tuple[type[Event], str, int], int] = {}

    def add(self, stream: EventStream[Event]) -> None:
        """Lets a stream hear every event from now on."""
        self._streams.append(stream)

    def offer(self, event: Event) -> None:
        """Tells everybody, and forgets who has stopped listening."""
        if isinstance(event, MessageChanged | ReactionsChanged) and self._is_overtaken(event):
            return
        if isinstance(event, ChangesMissed):  # perhaps the room was restored, and counts from an older change on
            self._newest = {key: rev for key, rev in self._newest.items() if key[1] != event.room}
        self._streams = [stream for stream in self._streams if not stream.ended]
        for stream in self._streams:
            stream.offer(event)

    def _is_overtaken(self, event: MessageChanged | ReactionsChanged) -> bool:
        """Whether a newer one of this kind was told, as far as is remembered."""
        changed = event.message if isinstance(event, MessageChanged) else event
        key = (type(event), changed.room, changed.seq)
        newest = self._newest.pop(key, 0)
        self._newest[key] = max(newest, changed.rev)  # last again: those that change least are forgotten first
        if len(self._newest) > REMEMBERED:
            del self._newest[next(iter(self._newest))]
        return changed.rev < newest

    def close(self) -> None:
        """Ends all streams."""
        for stream in self._streams:
            stream.close()
