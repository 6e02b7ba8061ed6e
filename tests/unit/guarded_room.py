"""The room of Ada, its owner, and the members Bob and Bea, who listens; what guards it, and what it lets through."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from chat import commands
from chat.aws.wiring import RandomIds
from chat.buckets import TokenBuckets
from chat.caching.tiers import Tiers
from chat.ports import Sender
from chat.storage.memberships import Memberships
from chat.storage.room_rules import RuleBook
from simulation.world import World


def guarded() -> World:
    """A stage with that room in it."""
    world = World()
    enter(world)
    return world


def enter(world: World) -> None:
    """Everybody opens a socket, Eve too; Ada makes the room."""
    for user in ("ada", "bob", "bea", "eve"):
        world.connect(user)
    ask(world, "ada", action="create", title="Lunch", room="lunch", members=["bob", "bea"])
    ask(world, "bea", action="subscribe", room="lunch")


def speaker(user: str) -> Sender:
    """The user at their first socket."""
    return Sender(user=user, name=user.capitalize(), connection=f"{user}-1")


def ask(world: World, asker: str, /, **command: Any) -> dict[str, Any]:
    """The reply to a command of the user; each has an id of its own unless it is given one."""
    frame = json.dumps({"id": RandomIds().new(), **command})
    reply: dict[str, Any] = json.loads(commands.answer(world.services, speaker(asker), frame))
    return reply


def say(world: World, asker: str, text: str = "hello", **fields: Any) -> dict[str, Any]:
    """The reply to a message for the room."""
    return ask(world, asker, action="send", room="lunch", text=text, **fields)


def outcome(reply: dict[str, Any]) -> str:
    """The code of a refusal, or `ack`."""
    return str(reply.get("code", "ack"))


def protect(world: World, **changes: Any) -> None:
    """Changes what protects the stage."""
    protection = replace(world.services.protection, **changes)
    world.services = replace(world.services, protection=protection)


def another_instance(world: World) -> World:
    """The same tables behind memories of its own."""
    other = World()
    other.clock, other.rooms_table, other.messages_table = world.clock, world.rooms_table, world.messages_table
    tiers = Tiers(world.clock)
    rules = RuleBook(world.rooms_table, tiers)
    protection = replace(world.services.protection, rules=rules, buckets=TokenBuckets(1_000, 100_000))
    members = Memberships(world.rooms_table, tiers)
    other.services = replace(world.services, protection=protection, members=members)
    return other
