"""Pauses between tries, the budget of retries, and whose turn it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.aws.calls import Call, Request
from chat.aws.retries import BACKOFF_MS, CAPACITY, COST, LONGEST_BACKOFF_MS, RetryBudget, pause_s
from chat.aws.schedule import Schedule

REQUEST = Request("x", "http://localhost/")


def calls(count: int) -> list[Call]:
    return [Call(at, REQUEST, f"{REQUEST.url}{at}") for at in range(count)]


@given(st.integers(1, 50))
def test_a_pause_is_anything_up_to_a_limit_that_doubles_and_ends(retry: int) -> None:
    longest_ms = min(LONGEST_BACKOFF_MS, BACKOFF_MS * 2 ** (retry - 1))
    assert 0 <= pause_s(retry) * 1000 <= longest_ms


def test_pauses_are_spread_over_the_whole_time() -> None:
    pauses_ms = [pause_s(1) * 1000 for _ in range(1_000)]
    assert min(pauses_ms) < BACKOFF_MS / 10
    assert max(pauses_ms) > BACKOFF_MS * 9 / 10


@given(st.lists(st.sampled_from(["take", "first", "retry"]), max_size=500))
def test_retries_are_never_more_than_the_budget_and_what_successes_added(steps: list[str]) -> None:
    budget = RetryBudget()
    taken, returned = 0, 0
    for step in steps:
        if step == "take":
            taken += budget.take()
        else:
            budget.give(retried=step == "retry")
            returned += COST if step == "retry" else 1
        assert 0 <= budget.tokens <= CAPACITY
    assert taken * COST <= CAPACITY + returned


def test_in_an_outage_there_is_a_retry_for_five_calls_that_succeed() -> None:
    budget = RetryBudget()
    while budget.take():
        pass
    for _ in range(COST - 1):
        budget.give(retried=False)
    assert not budget.take()
    budget.give(retried=False)
    assert budget.take()
    assert not budget.take()


def test_calls_are_due_in_their_order() -> None:
    schedule = Schedule(calls(3), ends_at_s=10.0)
    seen = []
    while (call := schedule.first(0.0)) is not None:
        seen.append(call.at)
        schedule.take()
    assert seen == [0, 1, 2]


def test_a_call_that_was_put_off_is_due_when_its_time_has_come_and_then_goes_first() -> None:
    first, second = calls(2)
    schedule = Schedule([first, second], ends_at_s=10.0)
    assert schedule.first(0.0) is first
    schedule.take()
    assert schedule.put_off(first, 2.0)
    assert schedule.first(1.0) is second
    assert schedule.first(2.0) is first


def test_nothing_is_put_off_past_the_end() -> None:
    (call,) = calls(1)
    schedule = Schedule([], ends_at_s=10.0)
    assert not schedule.put_off(call, 10.0)
    assert schedule.first(11.0) is None


@pytest.mark.parametrize(("now_s", "wait_s"), [(0.0, 1.0), (2.5, 0.5), (3.0, 0.0), (4.0, 0.0)])
def test_the_wait_ends_when_a_call_is_due(now_s: float, wait_s: float) -> None:
    (call,) = calls(1)
    schedule = Schedule([], ends_at_s=10.0)
    assert schedule.next_in_s(now_s, at_most_s=1.0) == 1.0
    schedule.put_off(call, 3.0)
    assert schedule.next_in_s(now_s, at_most_s=1.0) == wait_s
