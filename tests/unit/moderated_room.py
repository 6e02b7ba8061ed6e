"""The room that Ada owns and Mia moderates, with Bob and Bea: all listen, Bob has said something. Eve is outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from chat import commands
from chat.ports import Sender, Write
from simulation.table import MemoryTable
from simulation.world import World


def furnished() -> World:
    """A stage with that room in it."""
    world = World()
    for user in ("ada", "mia", "bob", "bea", "eve"):
        world.connect(user)
    invited = ["mia", "bob", "bea"]
    ask(world, "ada", action="create", id="make", title="Lunch", room="lunch", members=invited)
    ask(world, "ada", action="set_role", room="lunch", user="mia", role="moderator")
    for user in ("ada", *invited):
        ask(world, user, action="subscribe", room="lunch")
    assert result(world, "bob", action="send", id="first", room="lunch", text="Hello")["seq"] == 1
    world.sockets.received.clear()
    return world


def ask(world: World, asker: str, /, **command: Any) -> dict[str, Any]:
    """The reply to a command of the user; each has an id of its own unless it is given one."""
    connection = command.pop("connection", f"{asker}-1")
    calls = sum(len(table.calls) for table in (world.messages_table, world.rooms_table, world.connections_table))
    sender = Sender(user=asker, name=asker.capitalize(), connection=connection)
    frame = json.dumps({"id": f"{asker}{calls}", **command})
    reply: dict[str, Any] = json.loads(commands.answer(world.services, sender, frame))
    return reply


def result(world: World, asker: str, /, **command: Any) -> dict[str, Any]:
    """What an acknowledged command answers."""
    reply = ask(world, asker, **command)
    assert reply["type"] == "ack", reply
    found: dict[str, Any] = reply["result"]
    return found


def outcome(reply: dict[str, Any]) -> str:
    """The code of a refusal, or `ack`."""
    return str(reply.get("code", "ack"))


def message(world: World, seq: int = 1, reader: str = "bea") -> dict[str, Any]:
    """A message as the reader sees it now."""
    (found,) = result(world, reader, action="history", room="lunch", around=seq, limit=1)["messages"]
    assert found["seq"] == seq
    return dict(found)


def edit(world: World, text: str, seq: int = 1, **more: Any) -> dict[str, Any]:
    """Bob changes the text of a message of his."""
    return result(world, "bob", action="edit", room="lunch", seq=seq, text=text, **more)


def between(world: World, act: Callable[[], object], *, times: int = 1) -> None:
    """Lets something happen right before each of the next transactions."""
    table = world.messages_table
    genuine = MemoryTable.transact
    left = [times]

    def transact(writes: list[Write], *, token: str | None = None) -> None:
        if left[0]:
            left[0] -= 1
            table.transact = genuine.__get__(table)  # type: ignore[method-assign]
            act()
            table.transact = transact  # type: ignore[method-assign, assignment]
        genuine(table, writes, token=token)

    table.transact = transact  # type: ignore[method-assign, assignment]
