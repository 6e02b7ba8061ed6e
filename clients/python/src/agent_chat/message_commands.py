"""Messages and what becomes of them: each method is one command of the protocol."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable

from agent_chat import frames
from agent_chat.caller import Caller
from agent_chat.frames import (
    Changed,
    Done,
    Found,
    History,
    Message,
    PinList,
    Reacted,
    Reaction,
    ReactionList,
    Reactor,
)
from agent_chat.ids import new_id


class MessageCommands(Caller):
    """Part of `Chat`."""

    async def history(
        self,
        room: str,
        *,
        before: int | None = None,
        after: int | None = None,
        thread: int | None = None,
        page_size: int = 100,
    ) -> AsyncGenerator[Message, None]:
        """A room's log, void entries included; pages are fetched as the iterator gets to them.

        Backwards from the newest, or from below `before`; with `after`, forwards from above it to the newest. With
        `thread`, the number of the message that a thread is named by, only the replies in it. A number that is still
        being stored is left out: a feed waits for it.
        """
        if before is not None and after is not None:
            raise ValueError("Give `before` or `after`, not both.")
        while True:
            command = frames.ReadHistory(
                id=new_id(), room=room, thread=thread, before=before, after=after, limit=page_size
            )
            page = await self.call(command, History)
            for message in page.messages if after is not None else reversed(page.messages):
                yield message
            if not page.messages or not (page.newer if after is not None else page.more):
                return
            before, after = (None, page.messages[-1].last) if after is not None else (page.messages[0].seq, None)

    async def around(self, room: str, seq: int, *, limit: int = 50) -> list[Message]:
        """Up to `limit` messages with the number `seq` in their middle, oldest first."""
        command = frames.ReadHistory(id=new_id(), room=room, around=seq, limit=limit)
        return (await self.call(command, History)).messages

    async def mark_read(self, room: str, seq: int) -> None:
        """The room has been read up to `seq`, on all of the user's devices; never moves back."""
        await self.call(frames.MarkRead(id=new_id(), room=room, seq=seq), Done)

    async def edit(self, room: str, seq: int, text: str) -> Changed:
        """Gives one's own message another text. Raises `MessageDeletedError`."""
        return await self.call(frames.EditMessage(id=new_id(), room=room, seq=seq, text=text), Changed)

    async def delete(self, room: str, seq: int) -> Changed:
        """Leaves nothing of a message but its number. For its author, and moderators. Twice is once."""
        return await self.call(frames.DeleteMessage(id=new_id(), room=room, seq=seq), Changed)

    async def react(self, room: str, seq: int, emoji: str, *, remove: bool = False) -> list[Reaction]:
        """Adds this user's reaction to a message, or takes it away; all of its reactions, most frequent first."""
        command = frames.React(id=new_id(), room=room, seq=seq, emoji=emoji, remove=remove)
        return (await self.call(command, Reacted)).reactions

    async def reactions(
        self, room: str, seq: int, *, emoji: str | None = None, page_size: int = 100
    ) -> AsyncGenerator[Reactor, None]:
        """Who reacted to a message, with what, in no order."""
        after: str | None = None
        while True:
            command = frames.ListReactions(id=new_id(), room=room, seq=seq, emoji=emoji, after=after, limit=page_size)
            page = await self.call(command, ReactionList)
            for reactor in page.reactions:
                yield reactor
            if (after := page.after) is None:
                return

    async def pin(self, room: str, seq: int, *, remove: bool = False) -> Changed:
        """Pins a message to its room, or unpins it. For moderators."""
        return await self.call(frames.Pin(id=new_id(), room=room, seq=seq, remove=remove), Changed)

    async def pins(self, room: str) -> list[Message]:
        """The room's pinned messages, by number."""
        pinned: list[Message] = []
        after: int | None = None
        while True:
            page = await self.call(frames.ListPins(id=new_id(), room=room, after=after), PinList)
            pinned += page.messages
            if (after := page.after) is None:
                return pinned

    def search(
        self, room: str, query: str, *, before: int | None = None, page_size: int = 20
    ) -> AsyncGenerator[Message, None]:
        """The messages with all words of `query`, newest first, in any case; the last seconds may be missing."""
        return self._found(
            lambda number: frames.Search(id=new_id(), room=room, query=query, before=number, limit=page_size), before
        )

    def files(self, room: str, *, before: int | None = None, page_size: int = 50) -> AsyncGenerator[Message, None]:
        """The messages with a picture, video, sound or document, newest first; the last seconds may be missing."""
        return self._found(
            lambda number: frames.ListFiles(id=new_id(), room=room, before=number, limit=page_size), before
        )

    async def _found(
        self, below: Callable[[int | None], frames.Command], before: int | None
    ) -> AsyncGenerator[Message, None]:
        """All pages of a command that looks below a number; None for the newest."""
        while True:
            page = await self.call(below(before), Found)
            for message in page.messages:
                yield message
            if (before := page.before) is None:
                return
