"""Makes a case that fails smaller: what it fails without is left out, piece by piece, until every piece is needed.

Zeller's ddmin over people, then faults, then steps, and again as long as something goes. Pure but for the question
whether a case fails.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from simulation.runs.case import Case

Piece = TypeVar("Piece")

MOST_RUNS = 400
"""After so many it is as small as it gets: a run takes some tenths of a second."""


class _SpentError(Exception):
    """There are no runs left."""


def shrink(case: Case, fails: Callable[[Case], bool], *, most_runs: int = MOST_RUNS) -> Case:
    """The smallest case found that fails. `case` itself does."""
    left = most_runs
    best = case

    def still(smaller: Case) -> bool:
        nonlocal left, best
        if not left:
            raise _SpentError
        left -= 1
        failed = fails(smaller)
        if failed:
            best = smaller
        return failed

    try:
        while True:
            before = best
            minimal(best.users, partial(_without_others, best, still))
            minimal(best.faults, lambda faults: still(replace(best, faults=tuple(faults))))
            minimal(best.steps, lambda steps: still(replace(best, steps=tuple(steps))))
            if best == before:
                return best
    except _SpentError:
        return best


def _without_others(case: Case, fails: Callable[[Case], bool], users: Sequence[str]) -> bool:
    """Whether the case fails with these people only. Without anybody there is none."""
    return len(users) > 0 and fails(case.of(users=tuple(users)))


def minimal(pieces: Sequence[Piece], fails: Callable[[Sequence[Piece]], bool]) -> Sequence[Piece]:
    """A part of `pieces`, in their order, that fails and that no piece can be taken out of. All of them fail."""
    kept = list(pieces)
    parts = 2
    while kept:
        size = -(-len(kept) // parts)
        for start in range(0, len(kept), size):
            without = kept[:start] + kept[start + size :]
            if fails(without):
                kept = without
                parts = max(2, parts - 1)
                break
        else:
            if size == 1:
                return kept
            parts = min(len(kept), parts * 2)
    return kept
