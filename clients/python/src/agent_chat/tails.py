"""The very large rooms among those that are read: which are followed by their tails, as the server says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent_chat.frames import Message, Range, RoomPace, Tail
from agent_chat.tail_documents import HttpTails
from agent_chat.tail_follower import TailFollower, TailReader
from agent_chat.tasks import cancel


class TailedRooms:
    """The followers of one client, one a room. `reader_of` gives who reads a room."""

    def __init__(self, documents: HttpTails, reader_of: Callable[[str], TailReader]) -> None:
        self._documents = documents
        self._reader_of = reader_of
        self._followers: dict[str, TailFollower] = {}
        self._paced: dict[str, int] = {}

    def follow(self, room: str, tail: Tail | None) -> None:
        """The server said how the room is followed: by this tail, or with None live."""
        follower = self._followers.get(room)
        if follower is not None and not follower.task.done():
            if tail is None:
                follower.finish()
            else:
                follower.renew(tail)
        elif tail is not None:
            self._followers[room] = TailFollower(self._documents, self._reader_of(room), tail)

    def pace(self, event: RoomPace) -> None:
        """As `follow`, from an event: one that another has overtaken says nothing."""
        if event.as_of_ms >= self._paced.get(event.room, 0):
            self._paced[event.room] = event.as_of_ms
            self.follow(event.room, event.tail)

    def serves(self, room: str) -> bool:
        """Whether the room's tail can be had, so that nobody else need be asked."""
        follower = self._followers.get(room)
        return follower is not None and not follower.task.done() and follower.healthy

    async def fetch(self, room: str, gap: Range) -> Sequence[Message] | None:
        """Messages of a gap as far as the room's tail has them; None where it is to be asked for elsewhere."""
        return await self._followers[room].fetch(gap) if self.serves(room) else None

    def drop(self, room: str) -> None:
        """Nobody reads the room any more, or may."""
        self._paced.pop(room, None)
        follower = self._followers.pop(room, None)
        if follower is not None:
            follower.task.cancel()
            self._documents.forget(room)

    async def close(self) -> None:
        """Ends all of them."""
        tasks = [follower.task for follower in self._followers.values()]
        self._followers.clear()
        await cancel(*tasks)
