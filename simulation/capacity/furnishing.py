"""A stage that has people in it already: rows and sockets are written at once, by the storage's own code.

To open 100,000 sockets by their handlers is what a storm is (`simulation.capacity.storm`); a load begins where that
has ended. Rows are those that the handlers write, because the same classes write them, in no virtual time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from chat.caching.tiers import Tiers
from chat.planning import QUIET, Thresholds, plan, shards_for
from chat.ports import Principal
from chat.storage.connections import ConnectionRegistry
from chat.storage.memberships import Membership, Memberships
from chat.storage.rooms import RoomDirectory, RoomRecord
from chat.storage.shapes import UNKNOWN
from local.gateway import events
from simulation.capacity.crowd import Client, Crowd
from simulation.capacity.population import RoomPlan
from simulation.cloud.cloud import Cloud
from simulation.cloud.gateway import Socket, State

Person = TypeVar("Person", bound=Client)

FRAME_BYTES = 300
"""Of a message as recipients get it, for the plan that a room begins with."""


def furnish(
    cloud: Cloud, crowd: Crowd, rooms: Sequence[RoomPlan], *, rate_per_socket: float, kind: type[Client] = Client
) -> None:
    """Fills the tables and opens everybody's socket. Rooms begin with the plan that so much talk leads to."""
    found = furnish_rooms(cloud, crowd, rooms, kind)
    connections = ConnectionRegistry(cloud.tables["connections"])
    with quiet(cloud):
        for room, clients in found:
            _shape(connections, room, rate_per_socket * room.sockets, cloud.clock.now_ms())
            for client in clients:
                _open(cloud, connections, client)


def furnish_rooms(
    cloud: Cloud, crowd: Crowd, rooms: Sequence[RoomPlan], kind: type[Person]
) -> list[tuple[RoomPlan, list[Person]]]:
    """Rooms with their members, clients of that kind, none of whom is online."""
    tiers = Tiers(cloud.clock, None)
    directory = RoomDirectory(cloud.tables["rooms"], tiers)
    members = Memberships(cloud.tables["rooms"], tiers)
    found = []
    with quiet(cloud):
        for room in rooms:
            record = RoomRecord(room.name, room.name.title(), "private", "simulated")
            directory.make(record)
            clients = [kind(crowd, room.name, f"{room.name}-{number}") for number in range(room.sockets)]
            crowd.clients += clients
            for client in clients:
                members.admit(record, Membership(room.name, client.user, client.user, "member"))
            found.append((room, clients))
            _warm(cloud, room)
    return found


def _warm(cloud: Cloud, room: RoomPlan) -> None:
    """What instances share knows the room already, as it does where people have talked for minutes."""
    if cloud.shared is not None:
        tiers = Tiers(cloud.clock, cloud.shared)
        RoomDirectory(cloud.tables["rooms"], tiers).find(room.name)
        Memberships(cloud.tables["rooms"], tiers).warm(room.name, room.sockets)


@contextmanager
def quiet(cloud: Cloud) -> Iterator[None]:
    """No stream tells of what is written meanwhile, and no units are counted of it."""
    kept = {name: (table.listeners, table.units) for name, table in cloud.tables.items()}
    for table in cloud.tables.values():
        table.listeners, table.units = [], replace(table.units)
    try:
        yield
    finally:
        for name, (listeners, units) in kept.items():
            cloud.tables[name].listeners, cloud.tables[name].units = listeners, units


def _shape(connections: ConnectionRegistry, room: RoomPlan, rate_per_s: float, now_ms: int) -> None:
    """What looks at the room would have led to by now (`chat.delivery.reviews`); a tiny one was never looked at."""
    shards = shards_for(room.sockets, 1)
    planned = plan(room.sockets, rate_per_s, FRAME_BYTES, QUIET, Thresholds())
    if shards == 1 and not planned.busy:
        return
    shape = replace(UNKNOWN, shards=shards, readable=shards, online=room.sockets, plan=planned, reviewed_at_ms=now_ms)
    connections.shapes.begin_review(room.name, shape, now_ms, not_since_ms=now_ms)
    connections.shapes.settle(room.name, shape, shape, now_ms)


def _open(cloud: Cloud, connections: ConnectionRegistry, client: Client) -> None:
    now_ms, principal = cloud.clock.now_ms(), Principal(client.user, client.user)
    session = events.Session(
        connection_id=cloud.new_id(),
        api_id="simulated",
        stage="simulated",
        domain_name=cloud.gateway.domain,
        connected_at_ms=now_ms,
        source_ip="192.0.2.1",
        user_agent=None,
        authorizer={"user": client.user, "name": client.user, "principalId": client.user, "integrationLatency": 1},
    )
    now_us = cloud.scheduler.now_us
    socket = Socket(session, client, opened_us=now_us, used_us=now_us, state=State.OPEN)
    cloud.gateway.sockets[socket.id] = socket
    client.opened(socket)
    connections.open(socket.id, principal, now_ms)
    connections.subscribe(socket.id, client.room, client.user, now_ms)
