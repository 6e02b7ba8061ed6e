"""A case: who does what and when, and what goes wrong meanwhile. Made from a seed, smaller by leaving things out."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from simulation.runs.faults import (
    ENDS_MS,
    FRAGILE,
    Accident,
    Death,
    Fault,
    Kind,
    Lost,
    Mishap,
    Parted,
    Recycled,
    RegionFault,
    TakenOver,
    Trouble,
)

BUSY_MS = ENDS_MS
"""How long people do things and things go wrong."""

CALM_MS = 420_000
"""How long nothing happens then: a heartbeat (240 s), a burnt number (60 s), a body that was failed (180 s)."""

SETTLED_MS = 8_000
"""By then everybody is in their rooms; before it nothing goes wrong."""

LAST_WORDS_MS = BUSY_MS + 330_000
"""When people say something once more, all faults long over: it is to be heard at once."""

ACTIONS = {
    "say": 30,
    "burst": 4,
    "edit": 8,
    "delete": 5,
    "react": 5,
    "pin": 2,
    "read": 6,
    "look": 3,
    "type": 2,
    "leave": 2,
    "join": 3,
    "remove": 2,
    "invite": 2,
    "unfollow": 2,
    "follow": 3,
    "restart": 2,
    "erase": 1,
}
"""What people do, and how often."""

CROWDS = 0.2
"""Cases with more sockets in a room than are posted to without looking."""

FAULTLESS = 0.2
TIERED = 0.5
REGIONAL = 0.2
"""Cases in two Regions, between which the stage goes."""

REGIONS = ("us-east-1", "eu-west-1")

SPOKEN = frozenset({"say", "burst", "read", "look", "type", "unfollow", "follow", "restart"})
"""What people do there. A change that a Region has not copied may be undone by another of the same message."""

RETURNS = 0.4
"""Of those, cases in which the first Region is home again in the end."""

LAST_WORDS = 0.5
"""Rooms in which somebody says something in the end."""

HOT = "direct=10,coalesce=1,no_typing=1,no_receipts=1,counts_only=1000"
DIGESTED = "direct=10,coalesce=1,no_typing=1,no_receipts=1,counts_only=1,digest=50,digest_messages=3"
CROWDED = {"direct=10": 3, HOT: 4, DIGESTED: 2, "": 1}
"""Thresholds of stages with a crowd, and how often: a few messages a second make a room hot, or more than that."""

UPROARS = 2
"""Times at most that a crowd falls to talking; most messages of one are within `UPROAR_MS`."""

UPROAR_MS = 3_000
VOICES = (3, 5)
WORDS = (6, 9)
"""People who talk in an uproar, and messages of each, after everybody has said something at the same moment."""


@dataclass(frozen=True)
class Step:
    """Something that `user` does at `at_ms`. `pick` chooses among what there is then: a message, a member."""

    at_ms: int
    user: str
    action: str
    room: str
    pick: int = 0


@dataclass(frozen=True)
class Case:
    """All that a run is made of. The same case is the same run, byte for byte."""

    seed: int
    users: tuple[str, ...]
    rooms: tuple[str, ...]
    steps: tuple[Step, ...]
    faults: tuple[Fault, ...]
    fanout: str = ""
    tier: bool = False
    regions: tuple[str, ...] = ()
    """Of the stage, the first its home at the beginning; none: one Region without a name."""

    def of(self, *, users: tuple[str, ...]) -> Case:
        """The same without everybody else."""
        return replace(
            self,
            users=users,
            steps=tuple(step for step in self.steps if step.user in users),
            faults=tuple(fault for fault in self.faults if not isinstance(fault, Accident) or fault.user in users),
        )


def make(seed: int) -> Case:
    """The case of a seed."""
    case = _make(seed)
    chance = random.Random(f"regions {seed}")  # noqa: S311 - it repeats
    # A crowd in two Regions is not promised anything yet: docs/proof.md.
    return _in_regions(case, chance) if chance.random() < REGIONAL else case


def _in_regions(case: Case, chance: random.Random) -> Case:
    """The same in two Regions, of what is promised there."""
    faults = (*case.faults, *_region_faults(chance))
    return replace(
        case,
        steps=tuple(step for step in case.steps if step.action in SPOKEN),
        faults=tuple(sorted(faults, key=begins_ms)),
        regions=REGIONS,
    )


def _region_faults(chance: random.Random) -> list[RegionFault]:
    home, other = REGIONS
    at_ms = chance.randrange(SETTLED_MS + 4_000, BUSY_MS - 20_000)
    taken_ms = at_ms + chance.randrange(1_000, 18_000)
    over_ms = taken_ms + chance.randrange(2_000, 40_000)
    taken = TakenOver(taken_ms, other)
    (what,) = chance.choices(("lost", "for good", "parted", "planned"), weights=(5, 2, 2, 1))
    if what == "for good":
        return [Lost(at_ms, home, None), taken]
    faults: list[RegionFault] = [taken]
    if what == "lost":
        faults.append(Lost(at_ms, home, over_ms))
    if what == "parted":
        faults.append(Parted(at_ms, over_ms))
    if chance.random() < RETURNS:
        faults.append(TakenOver(over_ms + chance.randrange(3_000, 15_000), home))
    return faults


def begins_ms(fault: Fault) -> int:
    """When a fault begins."""
    return fault.from_ms if isinstance(fault, Trouble) else fault.at_ms


def _make(seed: int) -> Case:
    chance = random.Random(f"case {seed}")  # noqa: S311 - it repeats
    crowd = chance.random() < CROWDS
    users = tuple(f"u{number}" for number in range(chance.randint(12, 14) if crowd else chance.randint(2, 5)))
    rooms = tuple(f"r{number}" for number in range(1 if crowd else chance.randint(1, 3)))
    (thresholds,) = chance.choices(list(CROWDED), weights=list(CROWDED.values()))
    faults = [_fault(chance, users) for _ in range(0 if chance.random() < FAULTLESS else chance.randint(1, 8))]
    return Case(
        seed=seed,
        users=users,
        rooms=rooms,
        steps=tuple(sorted(_steps(chance, users, rooms, crowd=crowd), key=lambda step: step.at_ms)),
        faults=tuple(sorted(faults, key=begins_ms)),
        fanout=thresholds if crowd else "",
        tier=chance.random() < TIERED,
    )


def maker(users: tuple[str, ...], rooms: tuple[str, ...], room: str) -> str:
    """Who makes a room, and is its owner."""
    return users[rooms.index(room) % len(users)]


def _steps(chance: random.Random, users: tuple[str, ...], rooms: tuple[str, ...], *, crowd: bool) -> list[Step]:
    steps = [_step(chance, users, rooms) for _ in range(chance.randint(10, 40))]
    for _ in range(chance.randint(0, 3)):
        steps += _moment(chance, chance.choice(users), chance.choice(rooms))
    for _ in range(chance.randint(0, 2)):
        steps += _removal(chance, users, rooms)
    for _ in range(chance.randint(1, UPROARS) if crowd else 0):
        steps += _uproar(chance, users, chance.choice(rooms), chance.randrange(SETTLED_MS, BUSY_MS - UPROAR_MS))
    # Where nothing more is said, only a heartbeat tells who has missed the end.
    for room in [room for room in rooms if chance.random() < LAST_WORDS]:
        if crowd:
            steps += _uproar(chance, users, room, LAST_WORDS_MS)
        else:
            steps.append(Step(LAST_WORDS_MS, chance.choice(users), "say", room))
    return steps


def _step(chance: random.Random, users: tuple[str, ...], rooms: tuple[str, ...]) -> Step:
    (action,) = chance.choices(list(ACTIONS), weights=list(ACTIONS.values()))
    at_ms = chance.randrange(SETTLED_MS, BUSY_MS)
    return Step(at_ms, chance.choice(users), action, chance.choice(rooms), chance.randrange(1_000))


def _moment(chance: random.Random, user: str, room: str) -> list[Step]:
    """One says something, and a little later does several things to it at once."""
    at_ms = chance.randrange(SETTLED_MS + 3_000, BUSY_MS)
    actions = chance.choices(("edit", "delete", "pin", "react", "say"), weights=(4, 3, 1, 1, 1), k=chance.randint(2, 5))
    deeds = [Step(at_ms + chance.randrange(60), user, action, room) for action in actions]
    return [Step(at_ms - 3_000, user, "say", room), *deeds]


def _uproar(chance: random.Random, users: tuple[str, ...], room: str, at_ms: int) -> list[Step]:
    """Several people talk at once: what a hot room is made of."""
    voices = chance.sample(users, chance.randint(*VOICES))
    words = [user for user in voices for _ in range(chance.randint(*WORDS))]
    return [
        *(Step(at_ms, user, "say", room) for user in users),
        *(Step(at_ms + chance.randrange(UPROAR_MS), user, "say", room) for user in words),
    ]


def _removal(chance: random.Random, users: tuple[str, ...], rooms: tuple[str, ...]) -> list[Step]:
    """An owner puts somebody out; later everybody says something."""
    room = chance.choice(rooms)
    at_ms = chance.randrange(SETTLED_MS, BUSY_MS - 20_000)
    removed = Step(at_ms, maker(users, rooms, room), "remove", room, chance.randrange(1_000))
    return [removed, *(Step(at_ms + chance.randrange(10_000, 20_000), user, "say", room) for user in users)]


def _fault(chance: random.Random, users: tuple[str, ...]) -> Fault:
    at_ms = chance.randrange(SETTLED_MS, BUSY_MS)
    match chance.randrange(4):
        case 0:
            # Most calls are made for commands.
            function = "message.command" if chance.random() < 0.5 else chance.choice(FRAGILE)  # noqa: PLR2004
            return Death(at_ms, function, chance.randint(1, 12), after=chance.random() < 0.5)  # noqa: PLR2004
        case 1:
            kind, until_ms = chance.choice(list(Kind)), at_ms + chance.randrange(500, 20_000)
            # Calls are many for each message, and posts are tried three times.
            shares = (0.5, 0.9, 1.0) if kind.value.startswith("posts") else (0.05, 0.2, 0.5)
            return Trouble(kind, at_ms, until_ms, chance.choice(shares))
        case 2:
            mishap = chance.choice(list(Mishap))
            return Accident(at_ms, chance.choice(users), mishap, chance.randrange(500, 40_000))
        case _:
            return Recycled(at_ms, chance.choice(FRAGILE))
