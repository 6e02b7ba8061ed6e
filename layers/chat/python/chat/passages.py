"""Goes through a table or a bucket page by page, hands each to a job, and writes down how far it is.

Cut off, it goes on there. Every job may see a row twice, and beside live traffic: what it does to a row depends on what
stands there at that moment, never on what the page said alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from chat.ports import Clock, Ids, Item
from chat.storage.maintenance import MaintenanceRuns, Run


class OvertakenError(Exception):
    """Somebody else has begun the same job, and goes on with it. The message says so in one sentence."""


class Job(Protocol):
    """What is done with each page. `table` is what it goes through: rooms, messages, connections or the bucket."""

    @property
    def name(self) -> str:
        """What its run is kept under."""
        ...

    table: str

    def work(self, page: Sequence[Item]) -> Counter[str]:
        """Mends what is to be mended of these rows, and says how many of what."""
        ...


class Source(Protocol):
    """What a job goes through, page by page."""

    def expected(self) -> int | None:
        """How many rows there seem to be, None where nobody knows."""
        ...

    def page(self, cursor: Mapping[str, Any] | None) -> tuple[list[Item], Item | None]:
        """The next rows, and behind which to go on; None at the end."""
        ...


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One job's way. `report` is called with how many more rows it has looked at."""

    runs: MaintenanceRuns
    clock: Clock
    ids: Ids
    report: Callable[[int], None]
    is_enough: Callable[[], bool] = lambda: False
    """Asked after each page: whether the rest is left for another time."""

    def carry_out(self, job: Job, pages: Source, *, anew: bool = False) -> Run:
        """The run as it stands at its end, or after enough. One that was cut off goes on, unless it begins `anew`.

        What goes wrong is written down and raised. Raises `OvertakenError` where somebody else began it meanwhile.
        """
        run = self._begin(job, pages, anew=anew)
        self.report(run.looked_at)
        try:
            while run.state == "running":
                run = self._step(job, pages, run)
                if self.is_enough():
                    break
        except OvertakenError:
            raise
        except Exception as error:
            self.runs.report(replace(run, state="failed", last_error=f"{type(error).__name__}: {error}"[:500]))
            raise
        return run

    def _begin(self, job: Job, pages: Source, *, anew: bool) -> Run:
        standing, now_ms = self.runs.find(job.name), self.clock.now_ms()
        if standing and standing.state != "done" and not anew:
            return replace(standing, state="running", last_error="")
        run = Run(id=self.ids.new(), job=job.name, started_at_ms=now_ms, updated_at_ms=now_ms, total=pages.expected())
        if not self.runs.begin(run, standing):
            raise OvertakenError(f"{job.name} was begun by somebody else at this moment.")
        return run

    def _step(self, job: Job, pages: Source, run: Run) -> Run:
        page, end = pages.page(run.cursor)
        done = Counter(run.done) + job.work(page)
        moved = replace(
            run,
            state="running" if end else "done",
            cursor=end,
            looked_at=run.looked_at + len(page),
            done=dict(done),
            updated_at_ms=self.clock.now_ms(),
        )
        if not self.runs.report(moved):
            raise OvertakenError(f"{job.name} was begun anew by somebody else, who goes on with it.")
        self.report(len(page))
        return moved
