"""What is counted and timed: HDR histograms of microseconds, and counters, a second at a time.

Histograms keep two figures of each value from 1 µs to ten minutes; longer ones count as ten minutes. They travel and
are stored in HdrHistogram's own compressed format (V2, base64), which its tools in every language read.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
from hdrh.histogram import HdrHistogram

TIMED = ("open", "ack", "deliver", "recover")
"""Connecting until usable; a message's due time to its ack; to its arrival at a device that is there; to its arrival at
one that was away, with the replay of its subscription."""

LEAST_US, MOST_US, FIGURES = 1, 600_000_000, 2


def histogram() -> HdrHistogram:
    """An empty one."""
    return HdrHistogram(LEAST_US, MOST_US, FIGURES)


class Interval(msgspec.Struct, kw_only=True):
    """What one process measured since it said so last."""

    at_s: float
    """Since the run began."""
    counts: dict[str, int]
    histograms: dict[str, str]
    """Encoded; of those that have something."""
    open_sockets: int
    unacked: int


class Meter:
    """Counts and times in one process; `take` hands over and begins anew."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._histograms = {name: histogram() for name in TIMED}

    def time(self, name: str, elapsed_ms: float) -> None:
        """One value of a histogram."""
        self._histograms[name].record_value(min(max(LEAST_US, round(elapsed_ms * 1000)), MOST_US))

    def take(self, at_s: float, open_sockets: int, unacked: int) -> Interval:
        """All since the last time."""
        encoded = {name: each.encode().decode() for name, each in self._histograms.items() if each.total_count}
        for name in encoded:
            self._histograms[name].reset()
        counts, self.counts = dict(self.counts), Counter()
        return Interval(at_s=at_s, counts=counts, histograms=encoded, open_sockets=open_sockets, unacked=unacked)


class Second(msgspec.Struct, kw_only=True):
    """A second of the run, over all processes. Percentiles are None where nothing was timed in it."""

    at_s: int
    sent: int = 0
    acked: int = 0
    delivered: int = 0
    opened: int = 0
    refused: int = 0
    cut: int = 0
    open_sockets: int = 0
    ack_p50_ms: float | None = None
    ack_p99_ms: float | None = None
    deliver_p50_ms: float | None = None
    deliver_p99_ms: float | None = None


COUNTED = ("sent", "acked", "delivered", "opened", "refused", "cut")


class Totals:
    """Adds up what processes hand over, in all and by the second."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.histograms = {name: histogram() for name in TIMED}
        self.open_sockets: dict[int, int] = {}
        """By process."""
        self.unacked: dict[int, int] = {}
        self._seconds: dict[int, Second] = {}
        self._current: dict[int, dict[str, HdrHistogram]] = {}

    def add(self, process: int, interval: Interval) -> None:
        """Takes in what one process measured."""
        self.counts.update(interval.counts)
        self.open_sockets[process] = interval.open_sockets
        self.unacked[process] = interval.unacked
        second = self._seconds.setdefault(int(interval.at_s), Second(at_s=int(interval.at_s)))
        for name in COUNTED:
            setattr(second, name, getattr(second, name) + interval.counts.get(name, 0))
        second.open_sockets = sum(self.open_sockets.values())
        timed = self._current.setdefault(second.at_s, {})
        for name, encoded in interval.histograms.items():
            values = HdrHistogram.decode(encoded)
            self.histograms[name].add(values)
            timed.setdefault(name, histogram()).add(values)
        self._finish(second.at_s - LATE_S)

    def seconds(self) -> list[Second]:
        """All seconds in which something was handed over, in their order."""
        self._finish(max(self._seconds, default=0))
        return [self._seconds[at_s] for at_s in sorted(self._seconds)]

    def percentile_ms(self, name: str, percent: float) -> float | None:
        """Of one histogram; None where it is empty."""
        return percentile_ms(self.histograms[name], percent)

    def as_json(self) -> dict[str, Any]:
        """Counts and encoded histograms."""
        encoded = {name: each.encode().decode() for name, each in self.histograms.items() if each.total_count}
        return {"counts": dict(self.counts), "histograms_us": encoded}

    def _finish(self, until_s: int) -> None:
        """Takes the percentiles of seconds that are over, and forgets their histograms."""
        for at_s in [each for each in self._current if each <= until_s]:
            timed = self._current.pop(at_s)
            for name in ("ack", "deliver"):
                if name in timed:
                    for label, percent in (("p50", 50), ("p99", 99)):
                        setattr(self._seconds[at_s], f"{name}_{label}_ms", percentile_ms(timed[name], percent))


LATE_S = 3
"""How long after a second processes may still hand it over."""


def percentile_ms(values: HdrHistogram, percent: float) -> float | None:
    """None where there are no values."""
    return values.get_value_at_percentile(percent) / 1000 if values.total_count else None
