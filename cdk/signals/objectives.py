"""Objectives: what users may rely on, how much may go wrong in a month, and the alarms on how fast that is used up.

An objective counts bad events among all. Its budget is what of them may be bad in `WINDOW_DAYS`. An alarm looks at two
windows: the long one says that it matters, the short one that it still goes on (Google, The Site Reliability Workbook,
chapter 5: a burn of 14.4 for an hour takes 2 % of a month's budget, one of 6 for six hours 5 %).
"""

from __future__ import annotations

from dataclasses import dataclass

from cdk.signals.alarms import Alarm, Group, Severity
from cdk.signals.series import Measure, Series, own, share
from chat import signals

WINDOW_DAYS = 30

AT_LEAST = 20
"""Events in a window below which it says nothing: one failure among three is no trend."""


@dataclass(frozen=True, kw_only=True)
class Burn:
    """How fast a budget may go before somebody is told. Windows in seconds."""

    name: str
    rate: float
    long_s: int
    short_s: int
    severity: Severity


BURNS = (
    Burn(name="fast", rate=14.4, long_s=3_600, short_s=300, severity="page"),
    Burn(name="slow", rate=6, long_s=21_600, short_s=1_800, severity="ticket"),
)


@dataclass(frozen=True, kw_only=True)
class Objective:
    """Of all events that `whole` counts, `target` are not among those that `bad` counts."""

    name: str
    means: str
    target: float
    bad: Series
    whole: Series

    def __post_init__(self) -> None:
        if not 0 < self.target < 1:
            raise ValueError(f"The target of {self.name} is a share between 0 and 1.")

    @property
    def budget(self) -> float:
        """The share that may be bad."""
        return round(1 - self.target, 9)

    @property
    def runbook_name(self) -> str:
        """One for both of its burns."""
        return f"objective-{self.name}"

    @property
    def burned(self) -> Measure:
        """The share that is bad."""
        return share(self.bad, self.whole, at_least=AT_LEAST, label=f"{self.name}: bad")


OBJECTIVES = (
    Objective(
        name="availability",
        means="99.9 % of commands do not fail for reasons of ours.",
        target=0.999,
        bad=own(signals.COMMANDS_FAILED),
        whole=own(signals.COMMANDS),
    ),
    Objective(
        name="ack-latency",
        means="99 % of commands are answered by their function within 200 ms.",
        target=0.99,
        bad=own(signals.COMMANDS_SLOW),
        whole=own(signals.COMMANDS),
    ),
    Objective(
        name="delivery-latency",
        means="99 % of deliveries leave within 500 ms after the message was stored.",
        target=0.99,
        bad=own(signals.DELIVERIES_SLOW),
        whole=own(signals.DELIVERIES),
    ),
    Objective(
        name="loss",
        means="99.99 % of accepted messages are handed to delivery at once; the others are fetched by their gap.",
        target=0.9999,
        bad=own(signals.MESSAGES_UNDELIVERED),
        whole=own(signals.MESSAGES_ACCEPTED),
    ),
)


def burn_alarms(objective: Objective) -> list[Alarm]:
    """An alarm for each window of each burn; they tell their groups only."""
    return [
        Alarm(
            name=f"{objective.name}-{burn.name}-{length}",
            means=f"{objective.means} In the last {window_s // 60} min its budget went {burn.rate:g} times too fast.",
            severity=burn.severity,
            measure=objective.burned,
            above=round(burn.rate * objective.budget, 9),
            period_s=window_s,
            periods=1,
            breaches=1,
            runbook_name=objective.runbook_name,
            tells=False,
        )
        for burn in BURNS
        for length, window_s in (("long", burn.long_s), ("short", burn.short_s))
    ]


def burn_groups(objective: Objective) -> list[Group]:
    """Both windows of a burn together are what somebody is told of."""
    return [
        Group(
            name=f"{objective.name}-{burn.name}",
            means=f"{objective.means} The budget of {WINDOW_DAYS} days goes {burn.rate:g} times too fast.",
            severity=burn.severity,
            members=(f"{objective.name}-{burn.name}-long", f"{objective.name}-{burn.name}-short"),
            when="all",
            runbook_name=objective.runbook_name,
        )
        for burn in BURNS
    ]
