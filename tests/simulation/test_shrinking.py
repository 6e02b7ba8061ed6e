"""What a case fails without is left out, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from simulation.runs.case import Case, make
from simulation.runs.shrinking import minimal, shrink


@given(st.sets(st.integers(0, 60), max_size=4), st.integers(1, 60))
def test_what_is_left_is_what_it_takes(needed: set[int], size: int) -> None:
    needed = {piece for piece in needed if piece < size}

    def fails(pieces: Sequence[int]) -> bool:
        return needed <= set(pieces)

    assert list(minimal(range(size), fails)) == sorted(needed)


def test_people_who_are_not_needed_go_with_all_that_they_do() -> None:
    case = make(2)
    needed = case.steps[4]

    def fails(smaller: Case) -> bool:
        return needed in smaller.steps

    small = shrink(case, fails)
    assert (small.users, small.steps, small.faults) == ((needed.user,), (needed,), ())


def test_it_stops_when_its_runs_are_spent() -> None:
    runs = []

    def fails(smaller: Case) -> bool:
        runs.append(smaller)
        return True

    shrink(make(2), fails, most_runs=5)
    assert len(runs) == 5
