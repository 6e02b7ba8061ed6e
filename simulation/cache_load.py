"""What of frequently read data each tier knows under a Zipf load: `python -m simulation.cache_load`.

Rooms are as busy as Zipf says (the n-th has 1/n of the first one's commands), and so are users within a room. Each
command goes to any of many function instances, as Lambda's do, and reads what that command reads; and a crowd opens one
room while messages go on in it. The storage itself runs, on tables in memory. Time is the simulation's, and the same
seed gives the same figures.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from chat.caching.counts import HIT, MEMORY, SHARED, WAITED
from chat.caching.tiers import Tiers
from chat.storage.memberships import Membership, Memberships
from chat.storage.messages import Draft, MessageLog, Span
from chat.storage.room_rules import RuleBook
from chat.storage.rooms import RoomDirectory, RoomRecord
from simulation.cache import MemoryShared
from simulation.table import MemoryTable
from simulation.world import ManualClock

KINDS = ("membership", "rules", "room")
RECENT = "recent, of a crowd"

READS_A_MESSAGE = 2
"""Commands that only read (a cursor moved, somebody types, a sync) for each message that is sent."""

STRANGERS = 0.002
"""Commands about rooms by who is not in them, which ask whether there is such a room."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """A fiftieth of 100,000 users and a million messages a minute, over as many instances as all of that would have.

    So each instance sees little of a room, and the rates of memory are the worst that they can be.
    """

    users: int = 2_000
    rooms: int = 200
    members: int = 30
    messages_per_s: int = 333
    instances: int = 1_000
    warm_s: int = 120
    measured_s: int = 60
    crowd: int = 2_000
    """Readers who open one room within ten seconds, with ten messages a second in it."""
    shared: bool = True
    seed: int = 1


@dataclass(frozen=True)
class Instance:
    """One function instance."""

    tiers: Tiers
    members: Memberships
    rules: RuleBook
    rooms: RoomDirectory
    messages: MessageLog


@dataclass(frozen=True)
class Rates:
    """Of what was asked of one kind, which part each tier knew; the rest was read from the table."""

    asked: int
    memory: float
    shared: float

    @property
    def hits(self) -> float:
        """Both together."""
        return self.memory + self.shared


class Simulation:
    """One stage under load."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._chance = random.Random(load.seed)  # noqa: S311 - it repeats
        self._clock = ManualClock()
        self._tables = MemoryTable(), MemoryTable()
        common = MemoryShared(self._clock) if load.shared else None
        self._instances = [self._instance(common) for _ in range(load.instances)]
        self._members: list[list[str]] = []
        self._furnish()
        self._room_weights = list(accumulate(1 / rank for rank in range(1, load.rooms + 1)))
        self._user_weights = list(accumulate(1 / rank for rank in range(1, load.members + 1)))

    def run(self) -> dict[str, Rates]:
        """Warms up, measures, and gives the rates by kind; `all` is those of the Zipf load together."""
        self._pass(self._load.warm_s)
        for instance in self._instances:
            instance.tiers.counts.take()
        self._pass(self._load.measured_s)
        counted = self._counted()
        rates = {kind: _rates(counted, [kind]) for kind in KINDS}
        self._crowd()
        return {**rates, "all": _rates(counted, KINDS), RECENT: _rates(self._counted(), ["recent"])}

    def _counted(self) -> Counter[str]:
        counted: Counter[str] = Counter()
        for instance in self._instances:
            counted.update(instance.tiers.counts.take())
        return counted

    def _instance(self, common: MemoryShared | None) -> Instance:
        tiers = Tiers(self._clock, common)
        rooms, messages = self._tables
        return Instance(
            tiers,
            Memberships(rooms, tiers),
            RuleBook(rooms, tiers),
            RoomDirectory(rooms, tiers),
            MessageLog(messages, tiers),
        )

    def _furnish(self) -> None:
        maker = self._instance(None)
        for number in range(self._load.rooms):
            record = RoomRecord(f"room-{number}", "Room", "public", "x")
            maker.rooms.make(record)
            users = self._chance.sample(range(self._load.users), self._load.members)
            self._members.append([f"user-{user}" for user in users])
            for user in self._members[-1]:
                maker.members.admit(record, Membership(record.room, user, "User", "member"))

    def _pass(self, duration_s: int) -> None:
        step_ms, commands = 10, self._load.messages_per_s * (1 + READS_A_MESSAGE) // 100
        for _ in range(duration_s * 1_000 // step_ms):
            for _ in range(commands):
                self._command()
            self._clock.pass_ms(step_ms)

    def _command(self) -> None:
        instance = self._chance.choice(self._instances)
        (number,) = self._chance.choices(range(self._load.rooms), cum_weights=self._room_weights)
        (user,) = self._chance.choices(self._members[number], cum_weights=self._user_weights)
        room = f"room-{number}"
        if self._chance.random() < STRANGERS:
            instance.members.recall(room, "stranger")
            instance.rooms.find(room)
        elif self._chance.random() * (1 + READS_A_MESSAGE) < 1:
            instance.members.recall_with_rules(room, user)
            instance.rules.recall(room)
        else:
            instance.members.recall(room, user)

    def _crowd(self) -> None:
        for number in range(self._load.crowd):
            if number % (self._load.crowd // 100) == 0:
                draft = Draft("room-0", "text", "u", "User", "a text", f"c{number}", self._clock.now_ms())
                self._instances[0].messages.append(draft)
                self._clock.pass_ms(100)
            reader = self._chance.choice(self._instances)
            reader.messages.read("room-0", Span(50), self._clock.now_ms())


def _rates(counted: Counter[str], kinds: Sequence[str]) -> Rates:
    memory = sum(counted[f"{kind}.{MEMORY}.{HIT}"] for kind in kinds)
    shared = sum(counted[f"{kind}.{SHARED}.{outcome}"] for kind in kinds for outcome in (HIT, WAITED))
    asked = sum(
        number for name, number in counted.items() if name.split(".")[0] in kinds and name.split(".")[1] == MEMORY
    )
    return Rates(asked, memory / asked, shared / asked) if asked else Rates(0, 0.0, 0.0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints a table for a stage with a shared tier, and one for a stage without."""
    parser = argparse.ArgumentParser(prog="python -m simulation.cache_load", description="Hit rates under a Zipf load.")
    for name in ("users", "rooms", "members", "messages_per_s", "instances", "warm_s", "measured_s", "crowd", "seed"):
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, dest=name, type=int, default=getattr(Load, name), metavar="N")
    options = vars(parser.parse_args(arguments))
    for shared in (True, False):
        sys.stdout.write(f"\n{'with' if shared else 'without'} a shared tier\n")
        sys.stdout.write("| kind | asked for | memory | shared tier | both |\n|---|---|---|---|---|\n")
        for kind, rates in Simulation(Load(**options, shared=shared)).run().items():
            parts = " | ".join(f"{part:.1%}" for part in (rates.memory, rates.shared, rates.hits))
            sys.stdout.write(f"| {kind} | {rates.asked:,} | {parts} |\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
