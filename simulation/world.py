"""The rest of the world in memory: sockets, queue, topic, time, and the services that run on them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chat.ports import Event, Outcome, Principal, Sender
from chat.services import Fanout, Services
from chat.storage.connections import ConnectionRegistry, TicketOffice
from chat.storage.memberships import Memberships
from chat.storage.messages import MessageLog
from chat.storage.rooms import RoomDirectory
from simulation.table import MemoryTable

START_MS = 1_790_000_000_000


@dataclass
class ManualClock:
    """Time that passes when it is told to."""

    at_ms: int = START_MS

    def now_ms(self) -> int:
        """Now."""
        return self.at_ms

    def pass_ms(self, duration_ms: int) -> None:
        """Lets time pass."""
        self.at_ms += duration_ms


@dataclass
class CountedIds:
    """Names in order: id-1, id-2 and so on."""

    made: int = 0

    def new(self) -> str:
        """The next one."""
        self.made += 1
        return f"id-{self.made}"


@dataclass
class MemorySockets:
    """Sockets that remember what they were sent; what a connection answers can be set."""

    received: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    answers: dict[str, Outcome] = field(default_factory=dict)

    def post(self, connection_ids: Sequence[str], frame: bytes) -> dict[str, Outcome]:
        """Sends one frame to each."""
        outcomes = {name: self.answers.get(name, Outcome.DELIVERED) for name in connection_ids}
        for name, outcome in outcomes.items():
            if outcome is Outcome.DELIVERED:
                self.received[name].append(json.loads(frame))
        return outcomes


@dataclass
class MemoryQueue:
    """Bodies in the order they came."""

    bodies: list[bytes] = field(default_factory=list)

    def send(self, bodies: Sequence[bytes], *, delay_s: int = 0) -> None:
        """Enqueues; delays are not waited for."""
        del delay_s
        self.bodies += bodies


@dataclass
class MemoryTopic:
    """Events in the order they came."""

    events: list[Event] = field(default_factory=list)

    def publish(self, events: Sequence[Event]) -> list[bool]:
        """Takes all."""
        self.events += events
        return [True] * len(events)


class World:
    """One stage in memory."""

    def __init__(self) -> None:
        self.clock, self.ids = ManualClock(), CountedIds()
        self.rooms_table, self.messages_table, self.connections_table = MemoryTable(), MemoryTable(), MemoryTable()
        self.sockets, self.queue, self.topic = MemorySockets(), MemoryQueue(), MemoryTopic()
        self.tickets = TicketOffice(self.connections_table)
        rooms = RoomDirectory(self.rooms_table)
        self.services = Services(
            rooms=rooms,
            members=Memberships(rooms, self.clock),
            messages=MessageLog(self.messages_table),
            fanout=Fanout(
                connections=ConnectionRegistry(self.connections_table), sockets=self.sockets, queue=self.queue
            ),
            clock=self.clock,
        )

    def connect(self, user: str, *, connection: str | None = None) -> Sender:
        """An open socket of `user`, whose name is the id with a capital."""
        sender = Sender(user=user, name=user.capitalize(), connection=connection or f"{user}-1")
        self.services.fanout.connections.open(sender.connection, Principal(user, sender.name), self.clock.now_ms())
        return sender
