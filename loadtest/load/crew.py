"""Starts the processes of a load test, tells them when to begin and to stop, and adds up what they measure."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from loadtest.load.measures import Totals
from loadtest.load.worker import Report, Share
from local.paths import ROOT

START_S = 1.0
"""From `go` to the first message: longer than any process needs to read it."""
STOP_S = 30.0
"""How long a process that was told to stop may take beyond the scenario's own times."""
LINE_BYTES = 4 * 1024 * 1024


class Member:
    """One process."""

    def __init__(self, share: Share) -> None:
        self.share = share
        self.is_open = asyncio.Event()
        self.problem: str | None = None
        self._process: asyncio.subprocess.Process
        self._errors = Path(share.journal).with_suffix(".log")

    async def start(self) -> None:
        """In a session of its own, so that Ctrl-C reaches the crew alone."""
        with self._errors.open("wb") as errors:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "loadtest.load.worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                cwd=ROOT,
                limit=LINE_BYTES,
                start_new_session=True,
            )
        self.say(msgspec.json.encode(self.share))

    def say(self, line: bytes) -> None:
        """A line on its standard input. Nothing, where it has ended."""
        if self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(line + b"\n")

    def kill(self) -> None:
        """At once."""
        if self._process.returncode is None:
            self._process.kill()

    async def listen(self, totals: Totals) -> None:
        """Adds up its reports until it ends; sets `problem` where that was no good end."""
        is_done = False
        if self._process.stdout is not None:
            while line := await self._process.stdout.readline():
                report = msgspec.json.decode(line, type=Report)
                if report.interval is not None:
                    totals.add(self.share.number, report.interval)
                if report.step == "open":
                    self.is_open.set()
                is_done = is_done or report.step == "done"
        status = await self._process.wait()
        self.is_open.set()
        if status or not is_done:
            said = self._errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            self.problem = f"Process {self.share.number} ended with {status}: {said[-1] if said else 'it said nothing'}"


class Crew:
    """All processes of a run. `tell` hears the totals about once a second."""

    def __init__(self, shares: list[Share], totals: Totals, tell: Callable[[str], None]) -> None:
        self._members = [Member(share) for share in shares]
        self._totals, self._tell = totals, tell
        self._stopping = False
        self.phases_begin_s: float | None = None
        """When the first message is due, by the monotonic clock; None while devices connect."""

    @property
    def problems(self) -> list[str]:
        """Of processes that ended badly."""
        return [member.problem for member in self._members if member.problem is not None]

    async def run(self, most_s: float) -> None:
        """From the first process to the end of the last one, at most `most_s` seconds."""
        for member in self._members:
            await member.start()
        listening = [asyncio.create_task(member.listen(self._totals)) for member in self._members]
        telling = asyncio.create_task(self._keep_telling())
        try:
            async with asyncio.timeout(most_s):
                await asyncio.gather(*(member.is_open.wait() for member in self._members))
                self._begin()
                await asyncio.gather(*listening)
        except TimeoutError:
            self.kill()
            await asyncio.gather(*listening)
        finally:
            telling.cancel()
            self.kill()

    def stop(self) -> None:
        """Ends the run early, with what there is. A second time: at once."""
        if self._stopping:
            self.kill()
        self._stopping = True
        for member in self._members:
            member.say(b"stop")

    def kill(self) -> None:
        """Ends all processes that are left."""
        for member in self._members:
            member.kill()

    def _begin(self) -> None:
        self.phases_begin_s = time.monotonic() + START_S
        for member in self._members:
            member.say(f"go {self.phases_begin_s!r}".encode())

    async def _keep_telling(self) -> None:
        while True:
            await asyncio.sleep(1)
            self._tell(self._progress())

    def _progress(self) -> str:
        counts = self._totals.counts
        stage = "connecting"
        if self.phases_begin_s is not None:
            stage = f"{max(0.0, time.monotonic() - self.phases_begin_s):5.0f} s"
        if self._stopping:
            stage = "stopping"
        deliver = self._totals.percentile_ms("deliver", 99)
        return (
            f"{stage:>10} · {sum(self._totals.open_sockets.values()):,} sockets · {counts['sent']:,} sent · "
            f"{sum(self._totals.unacked.values()):,} unacknowledged · {counts['delivered']:,} delivered · "
            f"p99 {f'{deliver:,.0f} ms' if deliver is not None else '-'} · {counts['refused']:,} refused · "
            f"{counts['open_failed']:,} not opened"
        )
