"""How much of a quota will be used by the time that more of it could be had. Pure.

Days are as busy as their busiest minutes, weeks as their busiest days: a trend over days would see a weekend as a fall.
The slope between weeks is the median of those between all pairs (Theil and Sen), so that one launch is no trend.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import median

WEEK = 7
LEAST_WEEKS = 2
"""Below it there is no trend: what was used most is taken to last."""


def ahead(peaks: Sequence[float], days: int) -> float | None:
    """The peak that is to be expected in so many days, from each day's until now; None without any.

    It is never below the last week's: what falls today does not give back what a quota is asked for.
    """
    if not peaks:
        return None
    weeks = weekly(peaks)
    newest = weeks[-1]
    return newest + max(0.0, slope(weeks)) * days / WEEK


def weekly(peaks: Sequence[float]) -> list[float]:
    """Each whole week's peak, the last one's being of the last seven days; days before the first are left out."""
    whole = len(peaks) // WEEK
    if not whole:
        return [max(peaks)]
    first = len(peaks) - whole * WEEK
    return [max(peaks[at : at + WEEK]) for at in range(first, len(peaks), WEEK)]


def slope(weeks: Sequence[float]) -> float:
    """By how much a week is above the one before, typically; 0 for too few."""
    if len(weeks) < LEAST_WEEKS:
        return 0.0
    return median((later - earlier) / (b - a) for (a, earlier), (b, later) in combinations(enumerate(weeks), 2))
