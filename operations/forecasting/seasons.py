"""A seasonal forecast: level, trend and a day's shape, smoothed exponentially (Holt-Winters, additive). Pure.

Why this and no library: `docs/decisions/0020-a-planner-that-asks-the-product.md`. How far a forecast is to be believed
is not assumed but tried: it forecasts days that are known, and the interval is as wide as it was wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from statistics import fmean

from operations.errors import UsageError

LEAST_SEASONS = 3
"""Two to begin with, and one to see how wrong a forecast of it is."""

WITHIN = 0.9
"""Of values, how many the interval is to hold."""

ALPHAS, BETAS, GAMMAS = (0.05, 0.2, 0.5), (0.0, 0.01, 0.05), (0.05, 0.2, 0.5)
"""How fast level, trend and shape follow what was last seen: those that were least wrong are taken."""


@dataclass(frozen=True)
class Smoothing:
    """How fast each part follows."""

    alpha: float
    beta: float
    gamma: float


@dataclass(frozen=True)
class Forecast:
    """A season ahead, value by value; `error` is the mean one of known seasons, as part of their mean."""

    expected: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    error: float


def forecast(history: Sequence[float], season: int) -> Forecast:
    """The season after `history`, which ends where it begins. Raises `UsageError` for too little history."""
    if season < 2:  # noqa: PLR2004  # one value has no shape
        raise UsageError("A season has two values or more.")
    if len(history) < LEAST_SEASONS * season:
        raise UsageError(
            f"{len(history)} values are too few to see a season of {season} in: {LEAST_SEASONS * season} are needed."
        )
    best = min((Smoothing(*each) for each in product(ALPHAS, BETAS, GAMMAS)), key=lambda s: _wrong(history, season, s))
    errors = _errors(history, season, best)
    spread = sorted(map(abs, errors))[min(len(errors) - 1, int(WITHIN * len(errors)))]
    expected = ahead(history, season, best)
    mean = fmean(history) or 1.0
    return Forecast(
        expected=tuple(max(0.0, value) for value in expected),
        low=tuple(max(0.0, value - spread) for value in expected),
        high=tuple(max(0.0, value + spread) for value in expected),
        error=fmean(map(abs, errors)) / mean,
    )


def ahead(history: Sequence[float], season: int, smoothing: Smoothing) -> list[float]:
    """The next season, by what is known of two or more."""
    level = fmean(history[:season])
    trend = (fmean(history[season : 2 * season]) - level) / season
    shape = [value - level for value in history[:season]]
    for at, value in enumerate(history):
        before, old = level, shape[at % season]
        level = smoothing.alpha * (value - old) + (1 - smoothing.alpha) * (level + trend)
        trend = smoothing.beta * (level - before) + (1 - smoothing.beta) * trend
        shape[at % season] = smoothing.gamma * (value - level) + (1 - smoothing.gamma) * old
    return [level + step * trend + shape[(len(history) + step - 1) % season] for step in range(1, season + 1)]


def _errors(history: Sequence[float], season: int, smoothing: Smoothing) -> list[float]:
    """Of the forecasts of every known season that two go before."""
    ends = range(len(history) - season, 2 * season - 1, -season)
    return [
        was - said
        for end in ends
        for was, said in zip(history[end : end + season], ahead(history[:end], season, smoothing), strict=True)
    ]


def _wrong(history: Sequence[float], season: int, smoothing: Smoothing) -> float:
    return sum(error * error for error in _errors(history, season, smoothing))
