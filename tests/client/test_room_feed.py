"""A feed between its reader and a server that answers what it is asked, and tells nothing by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import cast

from agent_chat.connection import Connection
from agent_chat.events import Event
from agent_chat.frames import Author, Command, Message, Range, Room, Subscribed, Tail
from agent_chat.room_feed import RoomFeed

FLOOR = 1_000_000_000
"""The last number that a room's first epoch could give."""


class Log:
    """A room's log, as the client whose feed it is would have it from the server. See `agent_chat.room_feed.Feeds`."""

    def __init__(self, *entries: Message) -> None:
        self.entries = entries
        self._lock = asyncio.Lock()

    async def call(self, _command: Command, _kind: type[Subscribed]) -> Subscribed:
        room = Room(room="r", title="R", kind="public", member=True)
        return Subscribed(room=room, last_seq=self.entries[-1].last, recovered=True, messages=list(self.entries))

    async def missing(self, _room: str, gap: Range) -> Iterable[Message]:
        return [entry for entry in self.entries if entry.last >= gap.first]

    async def online(self) -> Connection:
        return cast("Connection", self)  # a feed asks nothing of it but `call`

    def lock(self, _room: str) -> asyncio.Lock:
        return self._lock

    def follow_tail(self, room: str, tail: Tail | None) -> None:
        assert (room, tail) == ("r", None)

    def add(self, feed: RoomFeed) -> None:
        assert feed.room == "r"

    async def remove(self, feed: RoomFeed) -> None:
        assert feed.room == "r"

    def tell(self, event: Event) -> None:
        raise AssertionError(event)


def said(seq: int) -> Message:
    return Message(room="r", seq=seq, kind="text", author=Author("ada", "Ada"), text=f"{seq}", sent_at_ms=seq)


def void(first: int, last: int = 0) -> Message:
    return Message(room="r", seq=first, kind="void", author=None, text="", sent_at_ms=0, until=last)


async def seqs(feed: RoomFeed, count: int) -> list[int]:
    """What a reader gets who pauses after each message, for long enough that whatever else wants to may run."""
    found = []
    async with asyncio.timeout(5):
        for _ in range(count):
            found.append((await anext(feed)).seq)
            await asyncio.sleep(0.01)
    return found


async def test_what_is_behind_the_numbers_of_another_region_is_fetched_when_its_reader_has_passed_them() -> None:
    log = Log(said(1), void(2), void(3, FLOOR), said(FLOOR + 1), said(FLOOR + 2))
    async with RoomFeed(log, "r", after=0) as feed:
        assert await seqs(feed, 3) == [1, FLOOR + 1, FLOOR + 2]


async def test_who_comes_back_behind_an_epoch_that_ended_with_a_burnt_number_has_what_follows() -> None:
    log = Log(void(7), void(8, FLOOR), said(FLOOR + 1))
    async with RoomFeed(log, "r", after=6) as feed:
        assert await seqs(feed, 1) == [FLOOR + 1]
