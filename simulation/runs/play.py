"""Carries out a case: the cloud, everybody's client, what they do, what goes wrong, and the judgement at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulation.clients.loop import ClientLoop, Machine
from simulation.clients.network import Network, online
from simulation.cloud.cloud import Cloud, Trace
from simulation.cloud.scheduler import START_MS, US
from simulation.runs.case import BUSY_MS, CALM_MS, Case, maker
from simulation.runs.diary import Diary
from simulation.runs.faults import Accident, Faults, Mishap, Recycled
from simulation.runs.logs import into_trace
from simulation.runs.person import Person
from simulation.sources import virtual
from simulation.table import MemoryTable

GREATEST_SKEW_MS = 120_000
"""By which a client's clock is wrong at most."""

READING_MS = 60_000
"""How long reading everything from the beginning may take in the end."""


@dataclass(frozen=True)
class Run:
    """What came of a case."""

    case: Case
    diaries: tuple[Diary, ...]
    tables: Mapping[str, MemoryTable]
    """What is stored in the end."""
    trace: Trace
    digest: str
    happened: int
    ends_ms: int
    failures: tuple[str, ...]
    """What went wrong in clients' own code."""
    frames: tuple[tuple[str, tuple[str, ...]], ...]
    """Of each socket, whose it was and what came to it."""

    @property
    def began_ms(self) -> int:
        """When it began, as entries tell time."""
        return START_MS


def play(case: Case, *, traced: bool = False) -> Run:
    """The whole run, in virtual time."""
    faults = Faults(case.seed, case.faults)
    trace = Trace(kept=traced)
    cloud = Cloud(case.seed, disturbance=faults, trace=trace, fanout=case.fanout, tier=case.tier)
    faults.begin(cloud.scheduler)
    with virtual(cloud.scheduler), into_trace(cloud):
        loop, network = ClientLoop(cloud.scheduler), Network(cloud.gateway)
        with online(network):
            people = {user: _person(user, case, cloud, loop, network) for user in case.users}
            _schedule(case, cloud, people)
            try:
                cloud.scheduler.run_for_ms(BUSY_MS + CALM_MS + READING_MS)
                digest, happened = trace.digest, cloud.scheduler.happened
            finally:
                loop.end()
                cloud.close()
    diaries = tuple(person.diary for person in people.values())
    failures = tuple(repr(each.get("exception") or each.get("message")) for each in loop.failures)
    frames = tuple((socket.machine.name, tuple(socket.heard)) for socket in network.sockets)
    return Run(case, diaries, cloud.tables, trace, digest, happened, cloud.scheduler.now_ms, failures, frames)


def _person(user: str, case: Case, cloud: Cloud, loop: ClientLoop, network: Network) -> Person:
    skew_ms = cloud.scheduler.chance.randrange(-GREATEST_SKEW_MS, GREATEST_SKEW_MS)
    machine = Machine(user, cloud.scheduler, skew_ms=skew_ms)
    return Person(user, machine, loop, network, Diary(user, case.users, cloud.scheduler))


def _schedule(case: Case, cloud: Cloud, people: dict[str, Person]) -> None:
    """Puts into the scheduler all that the case has, and what everybody does at the beginning and in the end."""

    def at(moment_ms: int, call: object, *arguments: object) -> None:
        cloud.scheduler.at((START_MS + moment_ms) * US, call, *arguments)  # type: ignore[arg-type]

    makers = {room: maker(case.users, case.rooms, room) for room in case.rooms}
    for user, person in people.items():

        async def enter(person: Person, user: str = user) -> None:
            for room, owner in makers.items():
                await person.enter(room, make=owner == user)

        at(0, person.begin, enter)
        at(BUSY_MS + CALM_MS, person.end, case.rooms)
    for step in case.steps:
        at(step.at_ms, people[step.user].do, step)
    for fault in case.faults:
        if isinstance(fault, Accident):
            at(fault.at_ms, people[fault.user].suffer, fault)
            if fault.mishap is Mishap.OFFLINE:
                at(fault.at_ms + fault.duration_ms, people[fault.user].recover)
        elif isinstance(fault, Recycled):
            at(fault.at_ms, cloud.functions[fault.function].recycle)
