"""Busy rooms on a stage in memory: what the delivery queue does with them, on time, late, twice or not at all."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from chat import deliveries, messages, rooms
from chat.planning import Plan, Thresholds
from chat.ports import Sender
from chat.protocol import CreateRoom, SendMessage
from chat.storage import keys
from simulation.world import World

ROOM = "arena"
HOT = Plan("coalesced", "no_typing", 40)


def arena(sockets: int, *, plan: Plan | None = None, thresholds: Thresholds | None = None) -> World:
    """A stage with a room that `host` made and so many sockets follow: `s0000`, `s0001` and so on.

    With a plan it has been looked at, just now.
    """
    world = World(thresholds=thresholds or Thresholds())
    host = world.connect("host")
    rooms.create(world.services, host, CreateRoom(id="make", title="Arena", room=ROOM))
    for number in range(sockets):
        subscribe(world, f"s{number:04}")
    world.queue.bodies.clear()
    if plan is not None:
        put_in_force(world, plan, online=sockets)
    return world


def subscribe(world: World, connection: str) -> None:
    """The socket follows the room."""
    world.services.fanout.connections.subscribe(connection, ROOM, connection, world.clock.now_ms())


def put_in_force(world: World, plan: Plan, **values: int) -> None:
    """A look at the room has found this plan necessary."""
    now_ms = world.clock.now_ms()
    row = {"tier": plan.tier, "step": plan.step, "window_ms": plan.window_ms, "reviewed_at_ms": now_ms, **values}
    known = {"seq": 0, "seq_at_ms": now_ms, "told": plan.step}
    world.connections_table.update(keys.room_shape(ROOM), assign={"room": ROOM, **known, **row})
    world.clock.pass_ms(2_001)  # what instances remember


def say(world: World, text: str, *, length: int = 0) -> int:
    """The host says something, made as long as this; its number."""
    host = Sender(user="host", name="Host", connection="host-1")
    return messages.send(world.services, host, SendMessage(id=text, room=ROOM, text=text.ljust(length, "."))).seq


def heard(world: World, connection: str) -> list[int]:
    """Numbers of the messages that a socket was sent, in the order in which they came."""
    return [frame["message"]["seq"] for frame in world.sockets.heard(connection)]


@dataclass
class Worker:
    """The function that works the delivery queue off: batches of ten, each body twice where `twice` is set."""

    world: World
    twice: bool = False
    chance: random.Random | None = None
    """Where there is one, bodies come in any order."""

    def batches(self) -> Iterator[list[bytes]]:
        """What waits in the queue now, in batches."""
        queue = self.world.queue
        bodies, queue.bodies = queue.bodies * (2 if self.twice else 1), []
        if self.chance:
            self.chance.shuffle(bodies)
        for at in range(0, len(bodies), 10):
            yield bodies[at : at + 10]

    def run(self, rounds: int = 20) -> None:
        """Works off what waits and what that puts there, until nothing does; what failed waits again.

        Time passes as it does with the longest delay of what is put there.
        """
        for _ in range(rounds):
            for batch in self.batches():
                done = deliveries.work_off(self.world.desk, batch)
                self.world.queue.bodies += [body for body, taken in zip(batch, done, strict=True) if not taken]
            if not self.world.queue.bodies:
                return
            delays_s, self.world.queue.delays_s = self.world.queue.delays_s, []
            self.world.clock.pass_ms(max(delays_s, default=0) * 1_000)
