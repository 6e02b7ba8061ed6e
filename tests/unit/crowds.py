"""Rooms full of people: members with one open socket each that follows the room."""

from __future__ import annotations

import json
from typing import Any

from chat import activity, commands, notices, presence, receipts
from chat.ports import Sender
from chat.storage.memberships import Membership
from chat.storage.rooms import RoomRecord
from simulation.world import World

ROOM = "lunch"


def user(number: int) -> str:
    """The id of one of them; ids sort like their numbers."""
    return f"u{number:04}"


def crowd(size: int, room: str = ROOM) -> World:
    """A stage with one room of `size` members."""
    world = World()
    gather(world, room, size)
    return world


def gather(world: World, room: str, size: int) -> None:
    """Another room of the first `size` users."""
    record = world.services.rooms.make(RoomRecord(room, room, "private", room))
    for number in range(size):
        sender = world.connect(user(number))
        world.services.members.admit(record, Membership(room, sender.user, sender.name, "member"))
        follow(world, sender.connection, sender.user, room)


def follow(world: World, connection: str, who: str, room: str = ROOM) -> None:
    """The socket subscribes to the room."""
    world.services.fanout.connections.subscribe(connection, room, who, world.clock.now_ms())


def ask(world: World, who: str, /, **command: Any) -> dict[str, Any]:
    """The reply to a command of the user's first socket."""
    sender = Sender(user=who, name=who.capitalize(), connection=f"{who}-1")
    reply: dict[str, Any] = json.loads(commands.answer(world.services, sender, json.dumps({"id": "1", **command})))
    return reply


def posts(world: World) -> int:
    """Frames posted to sockets so far."""
    return sum(len(frames) for frames in world.sockets.received.values())


def work_off(world: World) -> int:
    """Does what waits in the queue of notices, but not what that puts there; how much it was."""
    bodies, world.notices_queue.bodies = world.notices_queue.bodies, []
    for body in bodies:
        match notices.decode(body):
            case notices.PresenceDue(who):
                presence.settle(world.services.notices, who)
            case notices.ReceiptsDue(room):
                receipts.tell(world.services.notices, room)
            case notices.ActivityDue(room):
                activity.tell(world.services.notices, room)
    return len(bodies)
