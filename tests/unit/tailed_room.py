"""A very large room on a stage in memory, and a reader of it with the client's own logic: posts, polls, segments."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from agent_chat import frames
from agent_chat.feed import FeedOrder
from agent_chat.tail import TailChangesLog, segments_of
from chat import subscriptions, tails
from chat.errors import TailNotYetError
from chat.messages import read_history
from chat.planning import Thresholds
from chat.ports import Sender
from chat.protocol import ReadHistory, Subscribe, Sync
from simulation.world import World
from tests.unit.hot_rooms import ROOM

LOW = Thresholds(direct=10, tail=20)
"""Above 20 sockets a room is followed by its tail, and comes back below 14."""

HOST = Sender(user="host", name="Host", connection="host-1")

Kind = TypeVar("Kind", bound=msgspec.Struct)


def archive(world: World) -> tails.Archive:
    """What the tails of the stage are read from."""
    return tails.Archive(messages=world.services.messages, changes=world.services.changes, clock=world.clock)


def as_client(document: msgspec.Struct, kind: type[Kind]) -> Kind:
    """What a client decodes of an answer."""
    return msgspec.json.decode(msgspec.json.encode(document), type=kind)


class Reader:
    """A second socket of the room's maker, which follows the room as it is told to.

    `texts` are the messages in the order in which they were handed out, as they stood then; `standing` as they stand.
    """

    def __init__(self, world: World) -> None:
        self.sender = Sender(user="host", name="Host", connection="host-2")
        self.texts: list[str] = []
        self.standing: dict[int, str] = {}
        self.tailed = False
        self._world = world
        self._order = FeedOrder(0)
        self._heard = 0
        self._as_of_ms = 0
        command = Subscribe(id="s", room=ROOM, after=0, after_rev=0)
        reply = as_client(subscriptions.subscribe(world.services, self.sender, command), frames.Subscribed)
        self._changes = TailChangesLog(reply.last_rev)
        self._order.learn(reply.last_seq)
        self._order.accept(reply.messages)
        self.tailed = reply.tail is not None

    @property
    def numbers(self) -> set[int]:
        """What was handed out."""
        return set(self.standing)

    def listen(self) -> None:
        """Takes in what was posted; who is told that posting has begun again polls once more."""
        events = self._world.sockets.received[self.sender.connection]
        for event in events[self._heard :]:
            if event["type"] == "message":
                self._order.accept([msgspec.convert(event["message"], frames.Message)])
            elif event["type"] == "room_pace" and event["as_of_ms"] >= self._as_of_ms:
                self._as_of_ms = event["as_of_ms"]
                self._told(tailed=event["tail"] is not None)
        self._heard = len(events)
        self._take()

    def poll(self) -> None:
        """One poll of the tail by whoever follows it, and the segments that it shows to be lacking."""
        if not self.tailed:
            return
        live = as_client(tails.live(archive(self._world), ROOM), frames.TailLive)
        while self._changes.lacks(live):
            page = tails.changes(archive(self._world), ROOM, self._changes.next_page)
            self._change(self._changes.learn(as_client(page, frames.TailChanges)))
        self._change(self._changes.learn(live))
        self._order.accept(self._changes.current(live) or [])
        self._order.learn(live.last_seq)
        gap = self._order.gap()
        for number in segments_of(gap.first, gap.last) if gap else ():
            self._read_segment(number)
        self._take()

    def beat(self) -> None:
        """The heartbeat, and what it shows to be lacking."""
        command = Sync(id="b", rooms={ROOM: self._order.complete}, revs={ROOM: self._changes.rev})
        synced = as_client(subscriptions.sync(self._world.services, self.sender, command), frames.Synced)
        self._told(tailed=ROOM in synced.tails)
        self._order.learn(synced.rooms.get(ROOM, 0))
        gap = self._order.gap()
        if gap and not self.tailed:
            page = read_history(
                self._world.services, self.sender, ReadHistory(id="h", room=ROOM, after=gap.first - 1, limit=100)
            )
            self._order.accept(as_client(page, frames.History).messages)
        self._take()

    def _told(self, *, tailed: bool) -> None:
        if self.tailed and not tailed:
            self.poll()
        self.tailed = tailed

    def _read_segment(self, number: int) -> None:
        try:
            segment = as_client(tails.segment(archive(self._world), ROOM, number), frames.TailSegment)
        except TailNotYetError:
            return
        self._order.accept(self._changes.current(segment) or [])

    def _change(self, messages: list[frames.Message]) -> None:
        self.standing |= {message.seq: message.text for message in messages if message.seq in self.standing}

    def _take(self) -> None:
        while (message := self._order.take()) is not None:
            self.texts.append(message.text)
            self.standing[message.seq] = message.text


def pace_of(world: World, connection: str) -> list[dict[str, Any]]:
    """What a socket was told of how the room is followed."""
    return [frame["tail"] for frame in world.sockets.heard(connection, "room_pace")]
