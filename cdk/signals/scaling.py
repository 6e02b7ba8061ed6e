"""Alarms by which a stage changes its own capacity, and those that say that this is not enough.

A raising alarm tells nobody: it calls the review of capacity (`functions/ops/capacity.py`), which raises what the alarm
is about while it is on, and lowers it a quarter of an hour after it was. People are told where that has an end.
"""

from __future__ import annotations

from cdk.signals.alarms import Alarm
from cdk.signals.series import of_queue, of_table, own, total
from chat import signals

WAITING_S = {"delivery": 5, "notices": 30}
"""By queue: how old its oldest message is when it has too few pollers."""

WARMED = ("messages", "connections")
"""Tables that may be warmed: what is written to `rooms` does not grow with what is said."""

FORECAST_S = 6 * 3_600
"""How often quotas are looked ahead."""

MOST_PERCENT = 80
"""Of a quota: above it there is too little left for a burst."""


def waiting(queue: str) -> str:
    """The name of the alarm that has a queue's pollers raised."""
    return f"{queue}-waiting"


def refusing(table: str) -> str:
    """The name of the alarm that has a table warmed."""
    return f"{table}-refusing"


ALARMS = (
    *(
        Alarm(
            name=waiting(queue),
            means=f"Queue {queue} waits for more than {age_s} s: the stage doubles its least pollers.",
            severity="ticket",
            measure=of_queue(queue, "ApproximateAgeOfOldestMessage"),
            above=age_s,
            periods=1,
            breaches=1,
            part="capacity",
            runbook_name="capacity-raised",
            raises=True,
            tells=False,
        )
        for queue, age_s in WAITING_S.items()
    ),
    *(
        Alarm(
            name=refusing(table),
            means=f"Table {table} refuses reads or writes: the stage doubles what it is warm for.",
            severity="ticket",
            measure=total(*(of_table(table, f"{kind}ThrottleEvents") for kind in ("Read", "Write"))),
            above=10,
            periods=2,
            breaches=2,
            part="capacity",
            runbook_name="capacity-raised",
            raises=True,
            tells=False,
        )
        for table in WARMED
    ),
    Alarm(
        name="capacity-bound",
        means="The stage would raise pollers or a table further, and has reached the bound it was given.",
        severity="ticket",
        measure=own(signals.CAPACITY_BOUND),
        above=0,
        part="capacity",
    ),
    Alarm(
        name="capacity-unreviewed",
        means="The stage does not look at its pollers and tables any more: nothing is raised.",
        severity="ticket",
        measure=own(signals.CAPACITY_REVIEWS),
        below=1,
        periods=10,
        breaches=10,
        missing="breaching",
        part="capacity",
    ),
    Alarm(
        name="quota-ahead",
        means=f"More than {MOST_PERCENT} % of a quota will be used by the time that more of it could be had.",
        severity="ticket",
        measure=own(signals.QUOTA_FORECAST, "Maximum"),
        above=MOST_PERCENT,
        period_s=FORECAST_S,
        periods=2,
        breaches=1,
        part="capacity",
    ),
)
