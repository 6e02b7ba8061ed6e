"""What a forecast asks for, by the clock: steps that repeat each day, and how those in force differ from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

LEAD = timedelta(minutes=10)
"""How long before its hour capacity is asked for: environments take minutes to be made."""

DAYS = 30
"""Of a month, for prices."""


@dataclass(frozen=True)
class Step:
    """From `at` (UTC, `HH:MM`) on, so many."""

    at: str
    capacity: int

    @property
    def minute(self) -> int:
        """Of the day."""
        hour, minute = self.at.split(":")
        return int(hour) * 60 + int(minute)

    @classmethod
    def of(cls, minute: int, capacity: int) -> Step:
        """At a minute of the day."""
        return cls(f"{minute // 60:02}:{minute % 60:02}", capacity)


def steps_of(begins: datetime, wanted: Sequence[int]) -> tuple[Step, ...]:
    """A step ahead of each hour that wants something else than the one before. The first hour begins at `begins`."""
    # The last hour of today is as the last one of tomorrow: the plan goes round.
    changed = [hour for hour, count in enumerate(wanted) if count != wanted[hour - 1]]
    return tuple(Step(f"{begins + timedelta(hours=hour) - LEAD:%H:%M}", wanted[hour]) for hour in changed or [0])


def differences(there: Mapping[str, int], wanted: Mapping[str, int]) -> list[str]:
    """Line by line what becomes of steps, by their time: `+` is new, `-` goes, `~` changes. None where nothing does."""
    lines = []
    for at in sorted({*there, *wanted}):
        before, after = there.get(at), wanted.get(at)
        if before is None:
            lines.append(f"+ from {at} UTC: {after}")
        elif after is None:
            lines.append(f"- from {at} UTC: {before}")
        elif before != after:
            lines.append(f"~ from {at} UTC: {after} instead of {before}")
    return lines
