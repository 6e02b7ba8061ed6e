"""Rooms of each way of delivery, with sockets that follow them, and what their readers must have got in the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from chat.aws.dynamodb import DynamoDbTable
from chat.storage import keys
from tests.integration.users import SignIn, User

Way = Literal["direct", "slices", "windows"]
WAYS: tuple[Way, ...] = get_args(Way)

SHARDS = 2
MANY = 1_000
"""Sockets that a room is said to have, so that no stage posts to it from the sender's function."""
REPLY_S = 40
"""Longer than API Gateway waits for a function (29 s)."""
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Entry:
    """A message as readers have it."""

    seq: int
    text: str


@dataclass
class Room:
    """A room, who speaks there, who reads there, and what the sender was promised."""

    name: str
    host: User
    readers: list[User]
    acked: dict[int, str] = field(default_factory=dict)

    @classmethod
    async def furnished(cls, name: str, way: Way, sockets: int, sign_in: SignIn, connections: DynamoDbTable) -> Room:
        """A room of a host and of two members, who follow it with so many sockets, the host with its own, too."""
        host = await sign_in("Host")
        assert (await host.call("create", title="Faults", room=name))["type"] == "ack"
        shape(connections, name, way)
        readers = [await sign_in(f"Reader {number % 2}") for number in range(sockets)]
        for reader in readers[:2]:
            assert (await reader.call("join", room=name))["type"] == "ack"
        for user in (host, *readers):
            assert (await user.call("subscribe", room=name))["type"] == "ack"
        return cls(name, host, readers)

    async def say(self, text: str) -> int:
        """A message, sent under one id until it is acknowledged, as clients do; its number."""
        for _ in range(10):
            reply = await self.host.call("send", room=self.name, text=text, id=f"{self.name} {text}")
            if reply.get("type") == "ack":
                seq = int(reply["result"]["seq"])
                assert self.acked.setdefault(seq, text) == text, f"{seq} was given to two messages"
                return seq
            assert "code" not in reply or reply["temporary"], reply
            await asyncio.sleep((reply.get("retry_after_ms") or 100) / 1_000)
        raise AssertionError(f"{text!r} was never acknowledged")

    async def everybody_hears(self, *seqs: int) -> None:
        """These messages reach every socket by themselves, without anybody asking; all acknowledged ones for none."""
        wanted = {seq: self.acked[seq] for seq in seqs or self.acked}
        await asyncio.gather(*(hears(reader, wanted) for reader in self.readers))

    async def check(self, sign_in: SignIn) -> None:
        """What those have who stayed, and who comes back: all that was acknowledged, once, under its number."""
        for seq, text in list(self.acked.items())[:: max(1, len(self.acked) // 3)]:
            assert await self.say(text) == seq, "a repeat got a number of its own"
        back = await sign_in("Reader 1")
        for log in (await history(self.readers[0], self.name), await resumed(back, self.name)):
            assert [entry.seq for entry in log] == sorted({entry.seq for entry in log})
            assert {entry.seq: entry.text for entry in log} == self.acked


async def hears(reader: User, wanted: dict[int, str]) -> None:
    """Waits until the socket was sent every one of these."""
    missing = dict(wanted)
    async with asyncio.timeout(REPLY_S):
        while missing:
            message = (await reader.event("message"))["message"]
            assert missing.pop(message["seq"], message["text"]) == message["text"]


async def history(reader: User, room: str, after: int = 0) -> list[Entry]:
    """The room's log from there on, page after page, but for what is void."""
    entries: list[Entry] = []
    while True:
        page = (await reader.call("history", room=room, after=after, limit=100))["result"]
        entries += texts_of(page["messages"])
        if not page["newer"] or not page["messages"]:
            return entries
        after = page["messages"][-1]["seq"]


async def resumed(reader: User, room: str) -> list[Entry]:
    """What somebody gets who was away since the room began: what comes with the subscription, or its exact gap."""
    reply = (await reader.call("subscribe", room=room, after=0))["result"]
    if reply["recovered"]:
        return texts_of(reply["messages"])
    assert reply["gap"]["first"] == 1
    return await history(reader, room)


def texts_of(messages: Sequence[dict[str, Any]]) -> list[Entry]:
    """Of the messages in a page, without the entries that stand for none."""
    return [Entry(message["seq"], message["text"]) for message in messages if message["kind"] != "void"]


def shape(connections: DynamoDbTable, room: str, way: Way) -> None:
    """Has the room be delivered so from its first subscriber on, and not looked at before the test is over."""
    if way == "direct":
        return
    now_ms = time.time_ns() // 1_000_000
    hot = {"tier": "coalesced", "window_ms": 40} if way == "windows" else {"tier": "slices", "window_ms": 0}
    known = {"room": room, "seq": 0, "seq_at_ms": now_ms, "told": "full", "step": "full"}
    size = {"shards": SHARDS, "readable": SHARDS, "online": MANY, "reviewed_at_ms": now_ms + HOUR_MS}
    connections.update(keys.room_shape(room), assign={**known, **hot, **size})
