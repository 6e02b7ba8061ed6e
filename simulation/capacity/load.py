"""One cell under load: an open loop of people who say things, whatever becomes of what they have said before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chat.sessions import HEARTBEAT_S
from simulation.capacity.crowd import Crowd
from simulation.capacity.frontdoor import FrontDoor
from simulation.capacity.furnishing import furnish
from simulation.capacity.population import RoomPlan
from simulation.capacity.tally import Tally
from simulation.capacity.watch import Watch, lacking
from simulation.cloud.cloud import Cloud
from simulation.cloud.figures import Figures

STEP_MS = 1_000
"""How often it is looked whether everything has an answer, when nobody says anything any more."""

ASKING = 500
"""Clients that ask in the end for what they lack, so that it is seen that they are given it."""

PAGES = 20
"""Pages of history that each of them reads at most."""


@dataclass(frozen=True)
class Stretch:
    """So many seconds, in each of which every socket says so much on average."""

    duration_s: float
    messages_per_socket: float


@dataclass(frozen=True, kw_only=True)
class Load:
    """What one cell goes through.

    `drain_s` is how long it is waited at most for what is under way in the end. `asks`: whether some of those who lack
    anything ask for it then. A stage that refuses most of what it is asked has no answer for them before it recovers.
    """

    seed: str
    rooms: Sequence[RoomPlan]
    stretches: Sequence[Stretch]
    figures: Figures
    drain_s: int = 60
    tier: bool = True
    asks: bool = True

    @property
    def duration_s(self) -> float:
        """Of everything that is said."""
        return sum(stretch.duration_s for stretch in self.stretches)


def run(load: Load) -> Tally:
    """The whole run, in virtual time."""
    cloud = Cloud(load.seed, figures=load.figures, tier=load.tier)
    door = cloud.gateway = FrontDoor(cloud)
    crowd = Crowd(cloud)
    watch = Watch(cloud, door, crowd)
    furnish(cloud, crowd, load.rooms, rate_per_socket=load.stretches[0].messages_per_socket)
    watch.begin(cloud.scheduler.now_us + int((load.duration_s + load.drain_s) * 1e6))
    try:
        talk = Talk(cloud, crowd, load.stretches)
        talk.begin()
        cloud.scheduler.run_for_ms(int(load.duration_s * 1_000))
        drain(cloud, crowd, load.drain_s)
        tally = watch.tally(open_s=load.duration_s)
        if load.asks:
            tally.conservation.asked_for, tally.conservation.recovered = catch_up(cloud, crowd)
        return tally
    finally:
        cloud.close()


def drain(cloud: Cloud, crowd: Crowd, most_s: int) -> None:
    """Waits until everything was answered and delivered, or for so long."""
    for _ in range(most_s * 1_000 // STEP_MS):
        cloud.scheduler.run_for_ms(STEP_MS)
        busy = any(queue.waiting or queue.under_way for queue in cloud.queues.values())
        if not crowd.pending and not busy:
            break


def catch_up(cloud: Cloud, crowd: Crowd) -> tuple[int, int]:
    """Some of those who lack anything ask for it: how many messages that are, and how many of them they get."""
    asking = [client for client in crowd.clients if client.socket and lacking(client)][:ASKING]
    asked_for = sum(lacking(client).bit_count() for client in asking)
    for _ in range(PAGES):
        for client in filter(lacking, asking):
            crowd.catch_up(client, lacking(client))
        cloud.scheduler.run_for_ms(5 * STEP_MS)
        if not any(map(lacking, asking)):
            break
    return asked_for, asked_for - sum(lacking(client).bit_count() for client in asking)


class Talk:
    """Everybody speaks at random, at the rate of the stretch that it is, and is heard of by heartbeats."""

    def __init__(self, cloud: Cloud, crowd: Crowd, stretches: Sequence[Stretch]) -> None:
        self._cloud, self._crowd = cloud, crowd
        self._left = list(stretches)
        self._ends_us = cloud.scheduler.now_us
        self._last_us = self._ends_us + int(sum(stretch.duration_s for stretch in stretches) * 1e6)
        self._rate = 0.0

    def begin(self) -> None:
        """From now on."""
        self._speak()
        self._beat()

    def _speak(self) -> None:
        scheduler = self._cloud.scheduler
        if scheduler.now_us >= self._ends_us:
            if not self._left:
                return
            stretch = self._left.pop(0)
            self._ends_us += int(stretch.duration_s * 1e6)
            self._rate = stretch.messages_per_socket * len(self._crowd.clients)
        elif self._rate:
            self._crowd.say(scheduler.chance.choice(self._crowd.clients))
        pause_us = int(scheduler.chance.expovariate(self._rate) * 1e6) if self._rate else self._ends_us
        # The rate may change before the next word: then that is drawn anew.
        scheduler.at(min(scheduler.now_us + pause_us, self._ends_us), self._speak)

    def _beat(self) -> None:
        scheduler = self._cloud.scheduler
        if scheduler.now_us >= self._last_us:
            return
        self._crowd.beat(scheduler.chance.choice(self._crowd.clients))
        per_s = len(self._crowd.clients) / HEARTBEAT_S
        scheduler.after(int(scheduler.chance.expovariate(per_s) * 1e6), self._beat)
