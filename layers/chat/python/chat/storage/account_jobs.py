"""Long jobs on a user's own data: one of a kind at a time, and how far it is.

A job is worked off in slices. Each slice ends by moving the record one step on, on the condition that nobody else has:
whichever of two workers on the same step comes second learns that its step was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from chat.ports import Absent, Condition, ConditionError, Equal, Item, Table
from chat.storage import keys

Kind = Literal["export", "erasure"]
State = Literal["running", "done"]


@dataclass(frozen=True, kw_only=True)
class Job:
    """A user's job. Times are the server's clock, ms since 1970."""

    id: str
    kind: Kind
    user: str
    name: str
    started_at_ms: int
    updated_at_ms: int
    state: State = "running"
    step: int = 0
    done: Mapping[str, int] = field(default_factory=dict)
    """What was worked off so far, counted by what it is."""
    total: int | None = None
    """How many there were to work off when it began; None until they were counted."""
    cursor: str | None = None
    """Where the next slice goes on; its form is the job's own."""
    archives: list[dict[str, Any]] = field(default_factory=list)
    """Files that an export has made: `key` and `size_bytes`."""


class AccountJobs:
    """The jobs of all users in one table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, user: str, kind: Kind) -> Job | None:
        """The user's job of that kind, None where there was none. A consistent read."""
        item = self._table.get(keys.account_job(user, kind), consistent=True)
        return _job(item) if item else None

    def begin(self, job: Job, instead_of: Job | None) -> bool:
        """Stores a new job; False where another than `instead_of` stands there meanwhile."""
        return self._put(job, Equal("id", instead_of.id) if instead_of else Absent())

    def advance(self, job: Job) -> bool:
        """Stores what the slice of step `job.step` - 1 came to; False where another worker was first."""
        return self._put(job, Equal("step", job.step - 1))

    def report(self, job: Job) -> None:
        """Shows how far a slice is. What was shown is not gone back on: another worker's step stays."""
        self._put(job, Equal("step", job.step))

    def remove(self, user: str, kind: Kind) -> None:
        """Forgets the user's job of that kind; forgetting none is not an error."""
        self._table.delete(keys.account_job(user, kind))

    def _put(self, job: Job, condition: Condition) -> bool:
        pk, sk = keys.account_job(job.user, job.kind)
        try:
            self._table.put({"pk": pk, "sk": sk, **asdict(job)}, condition)
        except ConditionError:
            return False
        return True


def _job(item: Item) -> Job:
    return Job(**{name: item[name] for name in Job.__dataclass_fields__})
