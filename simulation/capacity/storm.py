"""Everybody comes back: sockets that were lost at the same moment are opened again by the real handlers.

A client's way back is the product's (`agent_chat.session`): a pause of full jitter inside the window that the server
advertises, a ticket, a socket, a subscription that says what it heard last. What is refused begins again, with the next
longer pause.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent_chat.backoff import full_jitter_ms
from agent_chat.session import FIRST_RETRY_MS, MOST_RETRY_MS
from chat.protocol import Reconnection
from chat.sessions import RECONNECT
from simulation.capacity.crowd import Client, Crowd
from simulation.capacity.frames import parse
from simulation.capacity.frontdoor import FrontDoor
from simulation.capacity.furnishing import furnish_rooms
from simulation.capacity.population import RoomPlan
from simulation.capacity.tally import Tally
from simulation.capacity.watch import Watch
from simulation.cloud.cloud import Cloud
from simulation.cloud.figures import Figures
from simulation.cloud.gateway import HttpAnswer, Socket
from simulation.cloud.scheduler import US

CREATED = 201


class Returner(Client):
    """A client on its way back. `back` is called when it hears its room again."""

    __slots__ = ("_failures", "_known", "_listens", "_retries", "_window", "back")

    def __init__(self, crowd: Crowd, room: str, user: str) -> None:
        super().__init__(crowd, room, user)
        self.back: Callable[[Returner], None] = _nobody
        self._window, self._listens = RECONNECT, False
        self._failures = self._retries = self._known = 0

    def set_out(self, window: Reconnection, *, known: int = 0, back: Callable[[Returner], None]) -> None:
        """Its socket is lost now. `known` is the newest number of its room that it has."""
        self.socket, self.back, self._listens = None, back, False
        self._window, self._known = window, known
        self._failures = self._retries = 0
        self._pause()

    def _pause(self) -> None:
        chance = self.crowd.cloud.scheduler.chance
        wait_ms = full_jitter_ms(self._failures, self._window.first_ms, self._window.most_ms, chance.random)
        self._failures += 1
        self.crowd.cloud.scheduler.after(int(wait_ms * US), self._ask_for_ticket)

    def _ask_for_ticket(self) -> None:
        headers = {"Authorization": f"Bearer {self.user}/{self.user}"}
        self.crowd.cloud.gateway.request("POST", "/api/tickets", headers, "", self._have_ticket)

    def _have_ticket(self, answer: HttpAnswer) -> None:
        if answer.status != CREATED:
            self.crowd.errors[f"ticket {answer.status}"] += 1
            self._pause()
            return
        self.crowd.cloud.gateway.open(f"ticket={json.loads(answer.body)['ticket']}", self)

    def refused(self, status: int) -> None:
        """The socket was not opened."""
        self.crowd.errors[f"socket {status}"] += 1
        self._pause()

    def opened(self, socket: Socket) -> None:
        """It is, and the room is asked for."""
        self.socket = socket
        self._subscribe()

    def _subscribe(self) -> None:
        if self.socket is not None:
            frame = {"action": "subscribe", "id": "back", "room": self.room, "after": self._known}
            self.crowd.cloud.gateway.send(self.socket, json.dumps(frame))

    def heard(self, text: str, at_us: int) -> None:
        """A reply, or what the room says meanwhile."""
        self.crowd.cloud.scheduler.at(at_us, self._understand, text)

    def _understand(self, text: str) -> None:
        now_us = self.crowd.cloud.scheduler.now_us
        for heard in parse(text):
            if heard.type == "ack" and heard.id == "back":
                self.heard_bits |= sum(1 << seq for seq in heard.missed)
                self.crowd.second(now_us).opened += 1
                self._listens = True
                self.back(self)
            elif heard.type == "error" and heard.temporary and not self._listens:
                self.crowd.errors[heard.code] += 1
                chance = self.crowd.cloud.scheduler.chance
                wait_ms = heard.retry_after_ms + full_jitter_ms(
                    self._retries, FIRST_RETRY_MS, MOST_RETRY_MS, chance.random
                )
                self._retries += 1
                self.crowd.cloud.scheduler.after(int(wait_ms * US), self._subscribe)
            else:
                self.crowd.hear(self, text, now_us)
                return

    def closed(self, code: int) -> None:
        """Lost again."""
        self.crowd.errors[f"closed {code}"] += 1
        self.socket = None
        self._pause()


def _nobody(_client: Returner) -> None:
    """Nobody waits for it yet."""


@dataclass(frozen=True, kw_only=True)
class Storm:
    """One cell, all of whose sockets are lost at once. `most_s`: how long it is looked at."""

    seed: str
    rooms: Sequence[RoomPlan]
    figures: Figures
    most_s: int
    window: Reconnection = RECONNECT


def run(storm: Storm) -> tuple[Tally, list[float]]:
    """What it took, and of each client that came back after how many seconds it heard its room again."""
    cloud = Cloud(storm.seed, figures=storm.figures, tier=True)
    door = cloud.gateway = FrontDoor(cloud)
    crowd = Crowd(cloud)
    watch = Watch(cloud, door, crowd)
    furnished = furnish_rooms(cloud, crowd, storm.rooms, Returner)
    began_us = cloud.scheduler.now_us
    back_s: list[float] = []
    try:
        watch.begin(began_us + storm.most_s * 1_000_000)
        for client in (client for _, clients in furnished for client in clients):
            client.set_out(storm.window, back=lambda _: back_s.append((cloud.scheduler.now_us - began_us) / 1e6))
        for _ in range(storm.most_s):
            cloud.scheduler.run_for_ms(1_000)
            if len(back_s) == len(crowd.clients):
                break
        return watch.tally(open_s=(cloud.scheduler.now_us - began_us) / 1e6), back_s
    finally:
        cloud.close()
