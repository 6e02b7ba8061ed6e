"""How many pollers wait: by the plan, more while an alarm is on, and fewer only when it has been quiet for long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.capacity import QUIET_S, Bounds, Watched, next_least, next_warm
from chat.poller_plans import DAY_MIN, PlanError, Step, planned, read_plan, write_plan

BOUNDS = Bounds(least=2, most=100)
QUIET = Watched(alarming=False, since_s=QUIET_S)
ALARMING = Watched(alarming=True, since_s=60)


def least(now: int, *, floor: int = 2, watched: Watched = QUIET, changed_s: float = QUIET_S) -> int:
    return next_least(now, floor=floor, bounds=BOUNDS, watched=watched, changed_s=changed_s)


def test_an_alarm_doubles_what_there_is_up_to_the_bound() -> None:
    assert least(2, watched=ALARMING) == 4
    assert least(60, watched=ALARMING) == 100
    assert least(100, watched=ALARMING) == 100


def test_an_alarm_never_goes_below_the_plan() -> None:
    assert least(2, floor=30, watched=ALARMING) == 30


def test_what_the_plan_asks_for_is_there_at_once() -> None:
    assert least(2, floor=12, watched=Watched(alarming=False, since_s=0), changed_s=0) == 12


def test_what_was_raised_is_halved_only_after_a_quiet_time() -> None:
    assert least(32) == 16
    assert least(32, watched=Watched(alarming=False, since_s=QUIET_S - 1)) == 32
    assert least(32, changed_s=QUIET_S - 1) == 32
    assert least(32, floor=20) == 20


def test_it_comes_to_rest_at_the_plan() -> None:
    now, seen = 100, []
    while (after := least(now, floor=7)) != now:
        seen.append(after)
        now = after
    assert seen == [50, 25, 12, 7]


@given(
    now=st.integers(0, 300),
    floor=st.integers(0, 300),
    watched=st.builds(Watched, alarming=st.booleans(), since_s=st.floats(0, 1e6)),
    changed_s=st.floats(0, 1e6),
)
def test_no_plan_and_no_alarm_leaves_the_bounds(now: int, floor: int, watched: Watched, changed_s: float) -> None:
    assert 2 <= least(now, floor=floor, watched=watched, changed_s=changed_s) <= 100


@pytest.mark.parametrize(("minute", "pollers"), [(0, 3), (469, 3), (470, 9), (1_069, 9), (1_070, 3), (DAY_MIN - 1, 3)])
def test_a_step_is_in_force_until_the_next_and_over_midnight(minute: int, pollers: int) -> None:
    assert planned((Step(470, 9), Step(1_070, 3)), minute) == pollers


def test_without_a_plan_nothing_is_planned() -> None:
    assert planned((), 10) == 0
    assert read_plan("") == {}


def test_a_plan_is_read_as_it_was_written() -> None:
    plan = {"delivery": (Step(470, 9), Step(1_070, 3)), "notices": (Step(0, 2),)}
    assert read_plan(write_plan(plan)) == plan


@pytest.mark.parametrize("text", ["[", "[1]", '{"delivery": [[1440, 2]]}', '{"delivery": [[0, -1]]}'])
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(PlanError, match="plan of pollers"):
        read_plan(text)


@pytest.mark.parametrize(("now", "warm"), [(4_000, 8_000), (16_000, 20_000), (30_000, 30_000)])
def test_a_table_is_warmed_for_twice_as_much_and_never_for_less(now: int, warm: int) -> None:
    assert next_warm(now, most=20_000, watched=Watched(alarming=True, since_s=20)) == warm


def test_a_table_is_warmed_again_only_where_it_goes_on_being_throttled() -> None:
    at = [second for second in range(0, 1_800, 60) if warmed_at(second)]
    assert at == [0, 600, 1_200]
    assert next_warm(4_000, most=20_000, watched=QUIET) == 4_000


def warmed_at(since_s: float) -> bool:
    return next_warm(4_000, most=20_000, watched=Watched(alarming=True, since_s=since_s)) > 4_000
