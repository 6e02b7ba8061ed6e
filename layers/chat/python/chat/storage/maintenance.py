"""How far jobs of maintenance are: a row a job, for whoever goes on with one and whoever wants to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from chat.ports import Absent, ConditionError, Equal, Query, Table
from chat.storage import keys

State = Literal["running", "done", "failed"]


@dataclass(frozen=True, kw_only=True)
class Run:
    """One way through a table. Times are ms since 1970."""

    id: str
    job: str
    started_at_ms: int
    updated_at_ms: int
    state: State = "running"
    looked_at: int = 0
    """Rows."""
    total: int | None = None
    """How many there seemed to be; None where nobody knew."""
    done: Mapping[str, int] = field(default_factory=dict)
    """What was mended so far, counted by what it was."""
    cursor: Mapping[str, Any] | None = None
    """Behind which row it goes on, None at the beginning and at the end."""
    last_error: str = ""


class MaintenanceRuns:
    """The newest run of each job, in the table of rooms."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, job: str) -> Run | None:
        """The job's newest run, None before the first. A consistent read."""
        item = self._table.get(keys.maintenance(job), consistent=True)
        return _run(item) if item else None

    def all(self) -> list[Run]:
        """Of every job that ever ran, by name."""
        (page,) = self._table.query(Query(keys.MAINTENANCE, consistent=True))
        return [_run(item) for item in page.items]

    def begin(self, run: Run, instead_of: Run | None) -> bool:
        """Stores a new run; False where another one than `instead_of` stands there meanwhile."""
        return self._put(run, Equal("id", instead_of.id) if instead_of else Absent())

    def report(self, run: Run) -> bool:
        """Stores how far a run is; False where the job was begun anew meanwhile. One write unit."""
        return self._put(run, Equal("id", run.id))

    def _put(self, run: Run, condition: Absent | Equal) -> bool:
        pk, sk = keys.maintenance(run.job)
        try:
            self._table.put({"pk": pk, "sk": sk, **asdict(run)}, condition)
        except ConditionError:
            return False
        return True


def _run(item: Mapping[str, Any]) -> Run:
    return Run(**{name: item[name] for name in Run.__dataclass_fields__})
