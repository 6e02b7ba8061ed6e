"""A stage in memory behind the real handlers: nothing waits for a network, so what is seen is the code itself."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from chat import rooms, subscriptions
from chat.aws import wiring
from chat.ports import Sender
from chat.protocol import CreateRoom, Subscribe
from operations.profiling.events_of import Event
from simulation.world import World

ROUND_MS = 100
"""Time that passes between two rounds, so that no limit of a room's or a user's is met."""

ENVIRONMENT = {
    "CHAT_STAGE": "profile",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "memory",
    "AWS_SECRET_ACCESS_KEY": "memory",
}


def build(event: Event, recipients: int) -> Callable[[], None]:
    """Puts a stage behind the handlers in which the event makes sense; the answer lets time pass in it.

    The sender's room is there, and so many other sockets follow it.
    """
    os.environ.update(ENVIRONMENT)
    world = World()
    for name, made in _pieces(world).items():
        setattr(wiring, name, lambda made=made: made)
    _people(world, event, recipients)
    return lambda: world.clock.pass_ms(ROUND_MS)


def _pieces(world: World) -> dict[str, Any]:
    """By their names in `chat.aws.wiring`."""
    services = world.services
    return {
        "services": services,
        "rooms": services.rooms,
        "members": services.members,
        "messages": services.messages,
        "search_index": services.search_index,
        "fanout": services.fanout,
        "delivery_desk": world.desk,
        "connections": services.fanout.connections,
        "tickets": world.tickets,
        "events": world.topic,
        "notices": services.notices,
        "activity": world.activity,
        "notices_queue": world.notices_queue,
        "job_office": world.accounts.office,
        "ids": world.ids,
    }


def _people(world: World, event: Event, recipients: int) -> None:
    context = event.get("requestContext", {})
    who = context.get("authorizer") or {}
    connection = str(context.get("connectionId", "ada-1"))
    sender = Sender(user=str(who.get("user", "ada")), name=str(who.get("name", "Ada")), connection=connection)
    world.connect(sender.user, connection=connection)
    room = _room_of(event)
    rooms.create(world.services, sender, CreateRoom(id="profile-room", title=room, room=room))
    subscriptions.subscribe(world.services, sender, Subscribe(id="profile-follow", room=room))
    for number in range(recipients):
        world.services.fanout.connections.subscribe(f"follower-{number}", room, f"user-{number}", world.clock.now_ms())


def _room_of(event: Event) -> str:
    try:
        return str(json.loads(event.get("body") or "{}").get("room", "lunch"))
    except (ValueError, AttributeError):
        return "lunch"
