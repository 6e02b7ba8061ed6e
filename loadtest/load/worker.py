"""One process of a load test: `python -m loadtest.load.worker`, started by the crew.

On its standard input comes one line with its `Share`, then `go SECONDS` (the monotonic clock at which the phases
begin) and, at some time, `stop`. On its standard output go `Report` lines. It takes no part in what others measure.
"""

from __future__ import annotations

import asyncio
import io
import random
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import msgspec

from loadtest.journal import Device as DeviceLine
from loadtest.journal import Happening, write
from loadtest.load.device import Device
from loadtest.load.machine import local_address, raise_file_limit
from loadtest.load.measures import Interval, Meter
from loadtest.load.room_view import RoomView
from loadtest.load.scenario import Options, Scenario, load
from loadtest.load.schedule import arrivals
from loadtest.load.stage import Stage, StageError
from loadtest.load.waiting import wait_at_most
from loadtest.load.websocket import WebSocket, open_websocket

TEND_S = 0.5
REPORT_S = 1.0
SETTLE_S = 0.2
BUFFERED_RECORDS = 20_000
AUDITS_AT_ONCE = 20
OPENING_PATIENCE_S = 60.0
"""How long nobody may come before the messages begin without those who are not there."""


class Share(msgspec.Struct, kw_only=True):
    """What one process has to do."""

    url: str
    run: str
    scenario: str
    options: Options
    number: int
    """Of this process, from 0."""
    processes: int
    journal: str
    epoch_s: float
    """What the monotonic clock must have added to be the time of day: the same for all processes."""
    begun_s: float
    """When the run began, by the monotonic clock."""
    tokens: list[str] | None = None
    """By user; None: the built-in issuer."""


class Report(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A line to the crew. `step`: `open` once the devices are connected, `done` at the end."""

    interval: Interval | None = None
    step: str | None = None


class Worker:
    """Runs the devices of one share."""

    def __init__(self, share: Share, scenario: Scenario, journal: IO[bytes]) -> None:
        self.meter = Meter()
        self.mark = f"load-{share.run}"
        self._share, self._scenario, self._file = share, scenario, journal
        self._stage = Stage(share.url)
        self._chance = random.Random(f"{share.run}-{share.number}")  # noqa: S311 - repeatable
        self._stopping = asyncio.Event()
        self._go: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._early_end = asyncio.Event()
        self._tokens: dict[int, asyncio.Task[str]] = {}
        self._devices: list[Device] = []
        self.opening = asyncio.Semaphore(-(-scenario.open_at_once // share.processes))
        self._records: dict[Device, list[Happening]] = {}
        self._buffered = 0
        self._tasks: list[asyncio.Task[None]] = []

    def now_ms(self) -> float:
        """See `Surroundings`."""
        return (time.monotonic() + self._share.epoch_s) * 1000

    async def open_socket(self, number: int, token: str) -> WebSocket:
        """See `Surroundings`."""
        self.meter.counts["http requests"] += 1
        url = await self._stage.socket_url(token)
        return await open_websocket(url, local_address(url, number))

    def journal(self, device: Device, record: Happening) -> None:
        """See `Surroundings`."""
        self._records.setdefault(device, []).append(record)
        self._buffered += 1
        if self._buffered >= BUFFERED_RECORDS:
            self._write_journal()

    async def run(self) -> None:
        """From the first socket to the last record."""
        background = [asyncio.create_task(each) for each in (self._obey(), self._tend(), self._report_on())]
        try:
            await self._open_all()
            say(Report(step="open"))
            await self._carry_out()
            await self._settle()
            await self._audit()
        finally:
            await self._close(background)
        say(Report(interval=self._interval(), step="done"))

    async def _open_all(self) -> None:
        """Connects at the scenario's rate, each at its time however long those before it take."""
        numbers = [
            number
            for number in range(self._scenario.sockets)
            if number // self._scenario.devices % self._share.processes == self._share.number
        ]
        opened, begin_s = asyncio.Semaphore(0), time.monotonic()
        for number in numbers:
            due_s = begin_s + number / self._scenario.open_per_s
            await self._until(due_s)
            if self._early_end.is_set():
                break
            self._tasks.append(asyncio.create_task(self._keep(number, opened)))
        try:
            for _ in self._tasks:
                if self._early_end.is_set():
                    return
                async with asyncio.timeout(OPENING_PATIENCE_S):
                    await opened.acquire()
        except TimeoutError:
            self.meter.counts["late to connect"] += sum(not device.is_usable for device in self._devices)

    async def _keep(self, number: int, opened: asyncio.Semaphore) -> None:
        """One device, from its sign-in to the end of the run."""
        try:
            async with self.opening:
                token = await self._token(number // self._scenario.devices)
        except StageError as error:
            self.meter.counts["open_failed"] += 1
            self.meter.counts[f"open failed: {error}"[:160]] += 1
            opened.release()
            return
        names = [room_name(self._share.run, room) for room in self._scenario.rooms_of(number)]
        device = Device(number, token, {name: RoomView(name) for name in names}, self)
        self._devices.append(device)
        try:
            await device.keep_open(self._stopping, opened.release)
        finally:
            opened.release()  # whatever happened, nobody waits for it

    async def _token(self, user: int) -> str:
        """One sign-in a user, whoever of their devices comes first."""
        if self._share.tokens is not None:
            return self._share.tokens[user]
        if user not in self._tokens:
            self.meter.counts["http requests"] += 1
            self._tokens[user] = asyncio.create_task(self._stage.sign_in(f"load-{self._share.run}-{user}"))
        return await asyncio.shield(self._tokens[user])

    async def _carry_out(self) -> None:
        """Sends what is due when it is due, and cuts."""
        start_s = await self._go
        storms = [
            asyncio.create_task(self._storm(start_s + storm.at_s, storm.share)) for storm in self._scenario.storms
        ]
        weights, senders = self._senders()
        if senders:
            for at_s in arrivals(self._scenario.phases, 1 / self._share.processes, self._chance):
                await self._until(start_s + at_s)
                if self._early_end.is_set():
                    break
                room = self._chance.choices(list(senders), weights)[0]
                due_ms = (start_s + at_s + self._share.epoch_s) * 1000
                self._chance.choice(senders[room]).send(
                    room_name(self._share.run, room), self._scenario.text_bytes, due_ms
                )
        await self._until(start_s + self._scenario.seconds)
        for storm in storms:
            storm.cancel()

    def _senders(self) -> tuple[list[float], dict[int, list[Device]]]:
        """The devices of this process by the rooms that they follow, and what falls to each room here."""
        senders: dict[int, list[Device]] = {}
        for device in self._devices:
            for room in self._scenario.rooms_of(device.number):
                senders.setdefault(room, []).append(device)
        weights = self._scenario.weights or [1.0] * self._scenario.rooms
        return [weights[room] for room in senders], senders

    async def _storm(self, at_s: float, share: float) -> None:
        await self._until(at_s)
        for device in self._devices:
            if self._chance.random() < share:
                device.cut()

    async def _settle(self) -> None:
        """Until every text has its ack and every hole is filled, at most as long as the scenario allows."""
        end_s = time.monotonic() + self._scenario.settle_s
        while time.monotonic() < end_s and any(  # noqa: ASYNC110 - a state of thousands of devices, not an event
            device.outgoing or not all(view.is_complete for view in device.rooms.values()) for device in self._devices
        ):
            await asyncio.sleep(SETTLE_S)

    async def _audit(self) -> None:
        """Has each device make sure that it has everything; again, where it has not yet."""
        waiting, end_s = list(self._devices), time.monotonic() + self._scenario.audit_s
        at_once = asyncio.Semaphore(AUDITS_AT_ONCE)

        async def audit(device: Device) -> bool:
            async with at_once:
                return time.monotonic() < end_s and await device.audit()

        while waiting and time.monotonic() < end_s:
            passed = await asyncio.gather(*(audit(device) for device in waiting))
            waiting = [device for device, is_done in zip(waiting, passed, strict=True) if not is_done]
            await asyncio.sleep(1 if waiting else 0)
        self.meter.counts["not_audited"] += len(waiting)
        self.meter.counts["failed"] += sum(len(device.outgoing) for device in self._devices)

    async def _close(self, background: Iterable[asyncio.Task[None]]) -> None:
        self._stopping.set()
        for device in self._devices:
            device.close()
        for task in (*background, *self._tasks):
            task.cancel()
        ended = await asyncio.gather(*background, *self._tasks, return_exceptions=True)
        self._write_journal()
        await self._stage.close()
        for each in ended:
            if isinstance(each, Exception):
                raise each  # an error of the load test itself, never of the stage

    async def _obey(self) -> None:
        """What the crew says. Its end is a stop."""
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := (await reader.readline()).split():
            if line[0] == b"go":
                self._go.set_result(float(line[1]))
            elif line[0] == b"stop":
                break
        self._early_end.set()
        if not self._go.done():
            self._go.set_result(time.monotonic())

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(TEND_S)
            now_s = time.monotonic()
            for device in self._devices:
                device.tend(now_s)

    async def _report_on(self) -> None:
        while True:
            await asyncio.sleep(REPORT_S)
            say(Report(interval=self._interval()))

    def _interval(self) -> Interval:
        open_sockets = sum(device.is_usable for device in self._devices)
        unacked = sum(len(device.outgoing) for device in self._devices)
        return self.meter.take(time.monotonic() - self._share.begun_s, open_sockets, unacked)

    async def _until(self, due_s: float) -> None:
        """Sleeps until then, or until the run is ended early."""
        rest_s = due_s - time.monotonic()
        if rest_s > 0:
            await wait_at_most(self._early_end, rest_s)

    def _write_journal(self) -> None:
        for device, records in self._records.items():
            if device.user:
                write(self._file, [DeviceLine(device=device.name, user=device.user), *records])
        self._records = {device: records for device, records in self._records.items() if not device.user}
        self._buffered = 0
        self._file.flush()


def room_name(run: str, room: int) -> str:
    """The id of a room of a run."""
    return f"load-{run}-{room}"


def say(report: Report) -> None:
    """A line to the crew."""
    sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
    sys.stdout.buffer.flush()


async def work(share: Share, journal: IO[bytes]) -> None:
    """One share, from the beginning to the end."""
    scenario = load(Path(share.scenario), share.options)
    raise_file_limit(-(-scenario.sockets // share.processes))
    await Worker(share, scenario, journal).run()


def main() -> None:
    """Ends with what went wrong on its standard error, and another status than 0."""
    line = io.FileIO(sys.stdin.fileno(), closefd=False).readline()  # and not a byte more: what follows is for the loop
    share = msgspec.json.decode(line, type=Share)
    with Path(share.journal).open("wb") as journal:
        asyncio.run(work(share, journal))


if __name__ == "__main__":
    main()
