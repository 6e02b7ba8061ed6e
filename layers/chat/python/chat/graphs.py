"""The stage's dashboards as the console draws them: panels with the numbers of the last hours."""

from __future__ import annotations

from typing import Literal

import msgspec

from chat.errors import ChatError, InvalidFieldError

HOURS = (1, 3, 12)
"""That may be looked back: CloudWatch takes money by the series, so one request has few of them."""


class DashboardNotFoundError(ChatError):
    """The stage has no dashboard of this name."""

    code, status = "dashboard_not_found", 404


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One series, oldest first: `values[i]` is of the period that began at `at_s[i]` (seconds since 1970)."""

    label: str
    at_s: list[int]
    values: list[float]


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One graph, or one number with `shows` `number`. What has no data in a period has no value for it."""

    title: str
    shows: Literal["lines", "areas", "number"]
    unit: str
    period_s: int
    lines: list[Line]


class Dashboard(msgspec.Struct, frozen=True, kw_only=True):
    """Panels that somebody sees together; `about` says who, and what for."""

    name: str
    about: str
    hours: int
    read_at_ms: int
    panels: list[Panel]


class Dashboards(msgspec.Struct, frozen=True, kw_only=True):
    """All of the stage, by name."""

    names: list[str]


def read_hours(text: str | None) -> int:
    """The hours that a request asks for (None: 3). Raises `InvalidFieldError` for other numbers than `HOURS`."""
    if text is None:
        return 3
    if text not in map(str, HOURS):
        raise InvalidFieldError(f"`hours` is one of {', '.join(map(str, HOURS))}.")
    return int(text)
