"""Many messages of several clients at once, and what every reader must have of them in the end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import msgspec

from agent_chat import Chat, Message, Outgoing, RoomFeed

WAIT_S = 60
EACH = 30
"""Messages of each client, unless somebody says otherwise."""


async def read(feed: RoomFeed, newest: int, *, within_s: float = WAIT_S) -> list[Message]:
    """Everything up to a number, as everybody sees it: one's own reactions are told by pages, not by live frames."""
    messages: list[Message] = []
    async with asyncio.timeout(within_s):
        while feed.position < newest:
            messages.append(msgspec.structs.replace(await anext(feed), mine=None))
    return messages


@dataclass(frozen=True)
class Burst:
    """Messages that several clients post to a room as fast as they can: by user, in the order of each."""

    posted: dict[str, list[Outgoing]]

    @classmethod
    def of(cls, room: str, *chats: Chat, each: int = EACH) -> Burst:
        return cls({chat.user.id: [chat.post(room, f"{chat.user.id} {n}") for n in range(each)] for chat in chats})

    @property
    def size(self) -> int:
        return sum(map(len, self.posted.values()))

    async def newest(self) -> int:
        """The highest number that one of them got."""
        return max([(await outgoing).seq for each in self.posted.values() for outgoing in each])

    def first_of(self, user: str) -> int:
        return self.posted[user][0].settled.result().seq

    async def check(self, logs: list[list[Message]]) -> None:
        """All readers have all of it once, in one order, which keeps that of each sender."""
        assert all(log == logs[0] for log in logs)
        assert [message.seq for message in logs[0]] == sorted({message.seq for message in logs[0]})
        for user, posted in self.posted.items():
            theirs = [message for message in logs[0] if message.author and message.author.id == user]
            assert [message.text for message in theirs] == [f"{user} {n}" for n in range(len(posted))]
            assert [message.seq for message in theirs] == [(await outgoing).seq for outgoing in posted]
