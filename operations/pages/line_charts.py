"""Line charts as SVG, made of text: they need no script and no network, and take their colours from the page.

A chart has classes only (`line-0` to `line-3`, `grid`, `tick`); the page's style sheet says how they look.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 12, 40
TICKS = 5


@dataclass(frozen=True, slots=True)
class Series:
    """A line: points by ascending x; a y of None is a gap."""

    name: str
    points: Sequence[tuple[float, float | None]]


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`. `labels`: places and words to write at them, instead of round numbers."""

    low: float
    high: float
    title: str
    is_log: bool = False
    labels: tuple[tuple[float, str], ...] = ()

    def place(self, value: float) -> float:
        """0 at the low end, 1 at the high one."""
        if self.is_log:
            return math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[tuple[float, str]]:
        """Where something is written, and what."""
        if self.labels:
            return list(self.labels)
        if self.is_log:
            return [(value, number(value)) for value in _decades(self.low, self.high)]
        step = _round_step((self.high - self.low) / TICKS)
        first = math.ceil(self.low / step)
        return [(at * step, number(at * step)) for at in range(first, math.floor(self.high / step + 1e-9) + 1)]


def line_chart(title: str, series: Sequence[Series], x: Axis, y: Axis) -> str:
    """One `<figure>`. Series without a point are in the legend only."""
    drawn = "".join(_line(at, each, x, y) for at, each in enumerate(series))
    legend = "".join(f'<span class="key key-{at}">{escape(each.name)}</span>' for at, each in enumerate(series))
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}">{_grid(x, y)}{drawn}</svg><div class="legend">{legend}</div></figure>'
    )


def upward(title: str, series: Sequence[Series]) -> Axis:
    """An axis from 0 to a bit above the highest value."""
    highest = max((value for each in series for _, value in each.points if value is not None), default=0.0)
    return Axis(0, max(highest * 1.08, 1), title)


def logarithmic(title: str, series: Sequence[Series]) -> Axis:
    """An axis of decades around all values above 0."""
    values = [value for each in series for _, value in each.points if value]
    low, high = min(values, default=1.0), max(values, default=10.0)
    return Axis(10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(high) + 1e-9), title, is_log=True)


def number(value: float) -> str:
    """As few digits as tell it."""
    if abs(value) >= 1_000_000:  # noqa: PLR2004 - a million
        return f"{value / 1_000_000:g} M"
    return f"{value:,.0f}" if abs(value) >= 10 or value == round(value) else f"{value:g}"  # noqa: PLR2004 - two digits


def _line(at: int, series: Series, x: Axis, y: Axis) -> str:
    parts = []
    for has_value, points in groupby(series.points, key=lambda point: point[1] is not None):
        if has_value:
            places = [f"{_across(x, left):.1f},{_up(y, value or 0):.1f}" for left, value in points]
            parts.append(f'<polyline class="line line-{at}" points="{" ".join(places)}"/>')
            if len(places) == 1:
                left, top = places[0].split(",")
                parts.append(f'<circle class="dot line-{at}" cx="{left}" cy="{top}" r="2"/>')
    return "".join(parts)


def _grid(x: Axis, y: Axis) -> str:
    lines = []
    for value, label in y.ticks():
        up = _up(y, value)
        lines.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{up:.1f}" y2="{up:.1f}"/>')
        lines.append(f'<text class="tick" x="{LEFT - 8}" y="{up + 4:.1f}" text-anchor="end">{escape(label)}</text>')
    for value, label in x.ticks():
        across, bottom = _across(x, value), HEIGHT - BOTTOM
        lines.append(f'<line class="grid" x1="{across:.1f}" x2="{across:.1f}" y1="{bottom}" y2="{bottom + 4}"/>')
        lines.append(
            f'<text class="tick" x="{across:.1f}" y="{bottom + 17}" text-anchor="middle">{escape(label)}</text>'
        )
    lines.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{HEIGHT - BOTTOM}" y2="{HEIGHT - BOTTOM}"/>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    lines.append(f'<text class="title" x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{escape(x.title)}</text>')
    turned = f"rotate(-90 12 {(TOP + HEIGHT - BOTTOM) / 2})"
    lines.append(
        f'<text class="title" x="12" y="{(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" transform="{turned}">'
        f"{escape(y.title)}</text>"
    )
    return "".join(lines)


def _across(axis: Axis, value: float) -> float:
    return LEFT + axis.place(value) * (WIDTH - LEFT - RIGHT)


def _up(axis: Axis, value: float) -> float:
    return HEIGHT - BOTTOM - axis.place(value) * (HEIGHT - TOP - BOTTOM)


def _decades(low: float, high: float) -> list[float]:
    first, last = round(math.log10(low)), round(math.log10(high))
    return [10.0**power for power in range(first, last + 1)]


def _round_step(least: float) -> float:
    power = 10 ** math.floor(math.log10(least))
    return float(next(power * each for each in (1, 2, 5, 10) if power * each >= least * 0.999))
