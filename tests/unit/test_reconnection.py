"""How long it takes until everybody is back, in cases that can be computed by hand."""

from __future__ import annotations

import pytest

from chat.protocol import Reconnection
from chat.sessions import RECONNECT
from operations.capacity.reconnection import ON_THE_WAY_MS, all_back_s

ON_THE_WAY_S = ON_THE_WAY_MS / 1_000


def test_where_nobody_is_refused_they_are_back_at_the_end_of_the_window() -> None:
    window = Reconnection(first_ms=10_000, most_ms=10_000)
    assert all_back_s(1_000, per_s=500, burst=500, window=window) == pytest.approx(10 + ON_THE_WAY_S, abs=0.1)


def test_a_few_are_back_within_the_first_limit() -> None:
    assert all_back_s(100, per_s=500, burst=500, window=RECONNECT) == pytest.approx(0.5 + ON_THE_WAY_S, abs=0.1)


def test_more_than_a_quota_opens_take_at_least_what_it_allows() -> None:
    at_best_s = (100_000 - 500) / 500
    found_s = all_back_s(100_000, per_s=500, burst=500, window=RECONNECT)
    # The longest wait goes on top of it, at most.
    assert at_best_s <= found_s <= at_best_s + RECONNECT.most_ms / 1_000


def test_a_window_that_was_refused_in_begins_anew() -> None:
    # Of ten that come in the first second one is let in, and another one in each second after it.
    window = Reconnection(first_ms=1_000, most_ms=1_000)
    assert all_back_s(10, per_s=1, burst=1, window=window) == pytest.approx(9 + ON_THE_WAY_S, abs=1)


def test_where_nobody_is_let_in_nobody_is_ever_back() -> None:
    assert all_back_s(10, per_s=0, burst=0, window=RECONNECT) == float("inf")
