"""Once a week the stage looks for media that nothing refers to, slice by slice, and removes what it has found.

It looks first and removes nothing (a dry run; operators' own count as well). What it has found goes in a second
passage, unless that is so much that rather the looking is wrong, or what it looks at: then it is held until an operator
has begun the removal (`make maintain JOB=collect-media`), which slices go on with.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from chat import signals
from chat.orphans.collecting import COLLECTION, DRY_RUN
from chat.passages import Job, Passage, Source
from chat.storage.maintenance import MaintenanceRuns, Run

EVERY_MS = 7 * 24 * 3600 * 1000
"""From the end of one look to the beginning of the next. A look is two read units an image."""

HELD_ABOVE, HELD_PERCENT = 100, 5
"""Of most buckets nothing is found. More objects than that, and percent of all: nothing is removed by itself."""

Step = Literal["look", "remove", "hold", "rest"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Collection:
    """What a slice takes. `job` makes the job of a kind: whether it is a dry run."""

    runs: MaintenanceRuns
    passage: Passage
    job: Callable[[bool], Job]
    pages: Source

    def slice(self) -> str:
        """Goes on with what is under way, or begins what is due; which step it was, and how the run stands.

        Raises what the job does, `chat.passages.OvertakenError` too: the next slice goes on where this one was.
        """
        looked, removed = self.runs.find(DRY_RUN), self.runs.find(COLLECTION)
        step = next_step(looked, removed, self.passage.clock.now_ms())
        if step in {"look", "remove"}:
            run = self.passage.carry_out(self.job(step == "look"), self.pages)
            return f"{step}: {run.state}, {run.looked_at} rows, {_found(run)} found"
        if step == "hold" and looked:
            signals.MEDIA_ORPHANS.add(_found(looked), of="held")
            told = {"found": _found(looked), "looked_at": looked.looked_at}
            logger.error("more media than is likely has nothing that refers to it: nothing is removed", extra=told)
        return step


def next_step(looked: Run | None, removed: Run | None, now_ms: int) -> Step:
    """What is to be done: `looked` and `removed` are the newest runs of both kinds, None before the first."""
    if removed and removed.state != "done":
        return "remove"
    if looked is None or looked.state != "done" or now_ms - looked.updated_at_ms >= EVERY_MS:
        return "look"
    if not _found(looked) or (removed and removed.started_at_ms >= looked.updated_at_ms):
        return "rest"
    return "hold" if _is_too_much(looked) else "remove"


def _found(run: Run) -> int:
    return sum(run.done.values())


def _is_too_much(looked: Run) -> bool:
    return _found(looked) > max(HELD_ABOVE, looked.looked_at * HELD_PERCENT // 100)
