"""Two variants of a flag, compared minute by minute. Pure.

Both run side by side, so a minute in which the stage was busy was busy for both. The pairs are the averages of the same
minute, and what is tested is their difference (Student's t for paired samples): what a time of day or a burst does to
both falls out. A minute counts once however many values it has: values of one minute depend on each other, and to take
each for a witness of its own would make the interval far too narrow.

What that can't see: who has which variant stays the same. The interval is about these users in these minutes, so with
few users, or with one who says most, deal anew (`round`) and compare again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from scipy import stats

LEAST_MINUTES = 10
"""Fewer pairs say nothing: the interval rests on their average being nearly normal."""

LEAST_VALUES = 5
"""Of each variant in a minute, or the minute is left out."""


@dataclass(frozen=True)
class Minute:
    """What one variant had in one minute: the average, and of how many values."""

    average_ms: float
    values: int


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A variant against the control. `low_ms` to `high_ms` holds the true difference with the confidence asked for."""

    minutes: int
    control_ms: float
    variant_ms: float
    low_ms: float
    high_ms: float

    @property
    def difference_ms(self) -> float:
        """How much longer the variant takes; negative where it is faster."""
        return self.variant_ms - self.control_ms

    @property
    def verdict(self) -> str:
        """What can be said."""
        if self.low_ms > 0:
            return "slower"
        return "faster" if self.high_ms < 0 else "no difference shown"


def common(control: Mapping[int, Minute], variant: Mapping[int, Minute]) -> list[int]:
    """The minutes in which both have enough values, in order."""
    both = control.keys() & variant.keys()
    return sorted(at for at in both if min(control[at].values, variant[at].values) >= LEAST_VALUES)


def compare(
    control: Mapping[int, Minute], variant: Mapping[int, Minute], *, confidence: float = 0.95
) -> Comparison | None:
    """By the minutes that they have in common; None where these are fewer than `LEAST_MINUTES`."""
    minutes = common(control, variant)
    if len(minutes) < LEAST_MINUTES:
        return None
    of_control, of_variant = ([each[at].average_ms for at in minutes] for each in (control, variant))
    low_ms, high_ms = _interval([b - a for a, b in zip(of_control, of_variant, strict=True)], confidence)
    return Comparison(
        minutes=len(minutes),
        control_ms=fmean(of_control),
        variant_ms=fmean(of_variant),
        low_ms=low_ms,
        high_ms=high_ms,
    )


def _interval(differences: list[float], confidence: float) -> tuple[float, float]:
    if len(set(differences)) == 1:
        # Without any spread t is not defined, and there is nothing to be unsure of.
        return differences[0], differences[0]
    interval = stats.ttest_1samp(differences, 0.0).confidence_interval(confidence)
    return float(interval.low), float(interval.high)
