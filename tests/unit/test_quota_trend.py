"""What will be used of a quota when more of it could be had, from what was used until now."""

from __future__ import annotations

import pytest

from chat.quota_trend import ahead, slope, weekly

STEADY = [100.0] * 42


def growing(by: float, weeks: int = 6) -> list[float]:
    """Each week by so much more, with weekends at half."""
    return [(500 + by * (day // 7)) * (0.5 if day % 7 > 4 else 1) for day in range(7 * weeks)]


def test_what_does_not_grow_stays() -> None:
    assert ahead(STEADY, 14) == 100


def test_what_grows_each_week_is_further_on_after_the_lead_time() -> None:
    assert ahead(growing(50), 14) == pytest.approx(750 + 2 * 50)
    assert ahead(growing(50), 7) == pytest.approx(750 + 50)


def test_a_weekend_is_no_fall_and_one_launch_no_trend() -> None:
    launch = list(STEADY)
    launch[20] = 900.0
    assert ahead(launch, 14) == 100
    assert ahead(growing(0), 14) == 500


def test_what_falls_is_expected_to_stay() -> None:
    assert ahead(growing(-50), 14) == pytest.approx(250)


@pytest.mark.parametrize(("peaks", "expected"), [([], None), ([3.0], 3.0), ([3.0, 9.0], 9.0), ([1.0] * 7, 1.0)])
def test_little_history_is_taken_to_last(peaks: list[float], expected: float | None) -> None:
    assert ahead(peaks, 14) == expected


def test_weeks_end_today_and_days_before_the_first_whole_one_are_left_out() -> None:
    assert weekly([99.0, *[1.0] * 7, *[2.0] * 7]) == [1.0, 2.0]
    assert slope([1.0, 2.0, 3.0]) == 1.0
