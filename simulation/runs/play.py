"""Carries out a case: the cloud, everybody's client, what they do, what goes wrong, and the judgement at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chat.storage.homes import Homes
from simulation.clients.loop import ClientLoop, Machine
from simulation.clients.network import Network, online
from simulation.cloud.cloud import REGION, Cloud, Trace
from simulation.cloud.regions import Regions
from simulation.cloud.scheduler import START_MS, US, Scheduler
from simulation.runs.case import BUSY_MS, CALM_MS, Case, maker
from simulation.runs.diary import Diary
from simulation.runs.faults import Accident, Faults, Lost, Mishap, Parted, Recycled, TakenOver
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
    standing: tuple[Cloud, ...]
    """Regions that are there in the end, with what they store; one where the stage has one."""
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

    @property
    def homes(self) -> Homes | None:
        """Which Region numbers, by what is known in one that is there; None in a stage of one Region."""
        known = self.standing[0]
        return Homes(known.tables["rooms"], known.clock, known.regions, known.region) if known.regions else None

    @property
    def tables(self) -> Mapping[str, MemoryTable]:
        """What is stored in the end, in the stage's home."""
        home = self.homes.read().region if self.homes else self.standing[0].region
        (found,) = (cloud for cloud in self.standing if cloud.region == home)
        return found.tables


Look = tuple[int, Callable[[list[Cloud]], None]]
"""When somebody looks at the Regions while they run, in ms from the beginning, and who."""


def play(case: Case, *, traced: bool = False, looks: Sequence[Look] = ()) -> Run:
    """The whole run, in virtual time."""
    faults = Faults(case.seed, case.faults)
    trace = Trace(kept=traced)
    clouds = _clouds(case, faults, trace)
    cloud = clouds[0]
    faults.begin(cloud.scheduler)
    with virtual(cloud.scheduler), into_trace(cloud):
        loop, network = ClientLoop(cloud.scheduler), Network(*(each.gateway for each in clouds))
        with online(network):
            people = {user: _person(user, case, cloud, loop, network) for user in case.users}
            _schedule(case, cloud, people)
            for at_ms, look in looks:
                cloud.scheduler.at((START_MS + at_ms) * US, look, clouds)
            _schedule_regions(case, Regions(clouds, cloud.figures.replication))
            try:
                cloud.scheduler.run_for_ms(BUSY_MS + CALM_MS + READING_MS)
                digest, happened = trace.digest, cloud.scheduler.happened
            finally:
                loop.end()
                for each in clouds:
                    each.close()
    diaries = tuple(person.diary for person in people.values())
    failures = tuple(repr(each.get("exception") or each.get("message")) for each in loop.failures)
    frames = tuple((socket.machine.name, tuple(socket.heard)) for socket in network.sockets)
    standing = tuple(each for each in clouds if not each.lost)
    return Run(case, diaries, standing, trace, digest, happened, cloud.scheduler.now_ms, failures, frames)


def _clouds(case: Case, faults: Faults, trace: Trace) -> list[Cloud]:
    """One for each Region, on one clock."""
    scheduler = Scheduler(case.seed)
    return [
        Cloud(
            case.seed,
            disturbance=faults,
            trace=trace,
            fanout=case.fanout,
            tier=case.tier,
            region=region,
            regions=case.regions,
            scheduler=scheduler,
        )
        for region in case.regions or (REGION,)
    ]


def _person(user: str, case: Case, cloud: Cloud, loop: ClientLoop, network: Network) -> Person:
    skew_ms = cloud.scheduler.chance.randrange(-GREATEST_SKEW_MS, GREATEST_SKEW_MS)
    machine = Machine(user, cloud.scheduler, skew_ms=skew_ms)
    return Person(machine, loop, network, Diary(user, case.users, cloud.scheduler), case.regions)


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


def _schedule_regions(case: Case, regions: Regions) -> None:
    """Puts into the scheduler what happens to whole Regions."""
    scheduler = next(iter(regions.clouds.values())).scheduler

    def at(moment_ms: int, call: Callable[..., object], *arguments: object) -> None:
        scheduler.at((START_MS + moment_ms) * US, call, *arguments)

    for fault in case.faults:
        match fault:
            case Lost(at_ms, region, back_ms):
                at(at_ms, regions.lose, region)
                if back_ms is not None:
                    at(back_ms, regions.give_back, region)
            case Parted(at_ms, until_ms):
                at(at_ms, regions.replication.cut, *regions.clouds)
                at(until_ms, regions.replication.mend, *regions.clouds)
            case TakenOver(at_ms, region):
                cloud = regions.clouds[region]
                homes = Homes(cloud.tables["rooms"], cloud.clock, case.regions, region)
                at(at_ms, homes.take_over, "operator", "the other one is lost")
            case _:
                pass
