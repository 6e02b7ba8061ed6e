"""A plan on a terminal: tables of quotas, functions, rooms and dollars, and in words what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from operations.capacity.bill import LEFT_OUT
from operations.capacity.loads import MEMORY_MB
from operations.capacity.stage_plan import StagePlan
from operations.capacity.utilisation import RAISED

MOST_ROOMS = 12
"""Classes of rooms that are shown: the largest."""


def shown(plan: StagePlan) -> str:
    """The whole plan."""
    return "\n\n".join(_parts(plan))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as they need to be; the first one to the left, others to the right."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def advice(plan: StagePlan) -> Iterator[str]:
    """What to do, a sentence each, the most urgent first."""
    for use in plan.blocked:
        yield (
            f"NOT POSSIBLE: {use.title}: {use.used:,.0f} {use.unit} are needed, and {use.limit:,.0f} is all there can "
            "be. Spread the messages over more rooms, or let rooms be followed by fewer."
        )
    for use in plan.increases:
        yield (
            f"Ask for {use.code or 'an increase by support'} ({use.service}): {use.title}, from {use.limit:,.0f} to "
            f"{use.wanted:,.0f} {use.unit}; {use.lead_days} days ahead{_often(use.wanted, use.limit)}."
        )
    for warming in plan.warmings:
        yield (
            f"Pre-warm table {warming.table}: {warming.write_units:,.0f} write and {warming.read_units:,.0f} read "
            f"units a second; by itself it takes {warming.otherwise_minutes:,.0f} minutes to get there."
        )
    if plan.cells > 1:
        yield f"Spread rooms over {plan.cells} cells (accounts or Regions): one can't bear them."


def summary(plan: StagePlan) -> list[tuple[str, str]]:
    """The figures that are asked for first."""
    first = plan.first
    return [
        (
            "messages",
            f"{plan.workload.messages_per_s:,.1f} a second, to {plan.workload.recipients:,.1f} recipients each",
        ),
        ("open sockets", f"{plan.workload.connections:,}"),
        ("API Gateway requests", f"{sum(load.requests for load in plan.loads):,.0f} a second"),
        ("cells", f"{plan.cells}"),
        ("binds first", f"{first.title}: {first.percent:,.1f} % of {first.limit:,.0f} {first.unit}"),
        ("a month", _usd(plan.bill.usd)),
        ("a million messages", _usd(plan.bill.per_million_messages)),
        ("a million deliveries", _usd(plan.bill.per_million_deliveries)),
        ("everybody back after", f"{plan.reconnecting_s:,.0f} s, when all sockets were lost at once"),
    ]


def quota_rows(plan: StagePlan) -> Iterator[tuple[str, ...]]:
    """Of each quota what is used by a cell."""
    for use in plan.uses:
        live = plan.in_use.get(use.key)
        yield (
            use.title,
            f"{use.used:,.1f}",
            f"{use.limit:,.0f}",
            use.unit,
            f"{use.percent:,.1f} %",
            use.code or "-",
            "-" if use.wanted is None else f"{use.wanted:,.0f}",
            "-" if live is None else f"{live:,.1f}",
        )


QUOTA_HEADER = ("quota, by each cell", "used", "of", "", "", "code", "ask for", "used now")


def _parts(plan: StagePlan) -> Iterator[str]:
    yield "\n".join(f"{name:<22}{value}" for name, value in summary(plan))
    yield "\n".join(advice(plan)) or "Nothing has to be asked for."
    yield table(QUOTA_HEADER, quota_rows(plan))
    yield table(
        ("function", "memory MB", "at once"),
        ((name, str(MEMORY_MB[name]), f"{count:,.1f}") for name, count in plan.concurrency.items()),
    )
    yield table(
        ("rooms", "recipients", "messages/s", "tier", "step", "window ms", "shards"),
        (
            (
                f"{room.rooms:,.0f}",
                f"{room.sockets:,}",
                f"{room.messages_per_s:,.3f}",
                room.tier,
                room.step,
                str(room.window_ms),
                f"{room.shards:,}",
            )
            for room in plan.rooms[:MOST_ROOMS]
        ),
    ) + (f"\n… and {len(plan.rooms) - MOST_ROOMS} classes of smaller rooms" if len(plan.rooms) > MOST_ROOMS else "")
    yield (
        table(
            ("a month", "", "arithmetic", "$/M messages"),
            ((line.part, line.title, line.arithmetic, f"{line.per_million_messages:,.3f}") for line in plan.bill.lines),
        )
        + f"\nNo line is for: {', '.join(LEFT_OUT)}."
    )
    yield f"CPU of a call: {plan.figures.source.place} ({plan.figures.source.mark}); prices of {plan.region}."


def _usd(dollars: float | None) -> str:
    return "-" if dollars is None else f"${dollars:,.2f}"


def _often(wanted: float | None, limit: float) -> str:
    """A warning for what AWS seldom grants."""
    if wanted is None or wanted <= limit * RAISED:
        return ""
    return f" (more than {RAISED} times what there is: rather use more cells)"
