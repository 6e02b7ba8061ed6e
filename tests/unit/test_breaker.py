"""When a dependency is left alone, and when it is tried again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chat.caching.breaker import FAILURES, FIRST_PAUSE_MS, LONGEST_PAUSE_MS, Breaker


def opened(now_ms: int = 0) -> Breaker:
    breaker = Breaker()
    assert [breaker.fail(now_ms) for _ in range(FAILURES)] == [False] * (FAILURES - 1) + [True]
    return breaker


def test_single_failures_open_nothing() -> None:
    breaker = Breaker()
    for _ in range(100):
        assert breaker.allows(0)
        assert not breaker.fail(0)
        assert not breaker.succeed()


def test_failures_one_after_the_other_open_it() -> None:
    breaker = opened()
    assert not breaker.allows(0)
    assert not breaker.allows(FIRST_PAUSE_MS - 1)


def test_after_the_pause_one_call_passes_and_its_success_closes_it() -> None:
    breaker = opened()
    assert [breaker.allows(FIRST_PAUSE_MS) for _ in range(3)] == [True, False, False]
    assert breaker.succeed()
    assert all(breaker.allows(FIRST_PAUSE_MS) for _ in range(3))


def test_each_failed_probe_doubles_the_pause_up_to_the_longest() -> None:
    breaker, now_ms, pauses = opened(), 0, []
    for _ in range(8):
        pauses.append(breaker.pause_ms)
        now_ms += breaker.pause_ms
        assert breaker.allows(now_ms)
        assert not breaker.fail(now_ms)
    assert pauses == [1_000, 2_000, 4_000, 8_000, 16_000, LONGEST_PAUSE_MS, LONGEST_PAUSE_MS, LONGEST_PAUSE_MS]


def test_a_probe_whose_caller_died_does_not_keep_it_open_for_ever() -> None:
    breaker = opened()
    assert breaker.allows(FIRST_PAUSE_MS)
    assert breaker.allows(2 * FIRST_PAUSE_MS)


@given(st.lists(st.integers(0, 500), max_size=300))
def test_a_dependency_that_is_down_is_asked_seldom(waits_ms: list[int]) -> None:
    breaker, now_ms, asked = opened(), 0, 0
    for wait_ms in waits_ms:
        now_ms += wait_ms
        if breaker.allows(now_ms):
            asked += 1
            breaker.fail(now_ms)
    assert asked <= 1 + now_ms // FIRST_PAUSE_MS
