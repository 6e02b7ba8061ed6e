"""The bundles that use cases are given: what is stored, and the world outside. Built once per function instance."""

from __future__ import annotations

from dataclasses import dataclass

from chat.ports import Clock, Queue, Sockets
from chat.storage.connections import ConnectionRegistry
from chat.storage.memberships import Memberships
from chat.storage.messages import MessageLog
from chat.storage.rooms import RoomDirectory


@dataclass(frozen=True, kw_only=True)
class Fanout:
    """What reaching a room's subscribers takes."""

    connections: ConnectionRegistry
    sockets: Sockets
    queue: Queue


@dataclass(frozen=True, kw_only=True)
class Services:
    """What a command needs to be carried out and its message to reach everybody."""

    rooms: RoomDirectory
    members: Memberships
    messages: MessageLog
    fanout: Fanout
    clock: Clock
