"""The result as one HTML page: which targets hold, then each scenario with its figures and plots."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from operations.pages.bar_charts import bars
from operations.pages.document import html, table
from operations.pages.line_charts import Axis, Series, line_chart, upward
from simulation.capacity.document import Document, LoadRow, SecondRow, StormRow, Timing

BUSIEST = 4
"""Functions whose instances are drawn: as many as a chart has colours."""


def page(document: Document) -> str:
    """The whole page."""
    parts = [
        _where(document),
        "<h2>Which targets hold</h2>",
        table(
            ("", "target", "holds", "shown", "what binds"),
            [(each.requirement, each.target, _word(each.holds), each.shown, each.binds) for each in document.verdicts],
        ),
        "<h2>Recipients of a message (F)</h2>",
        table(tuple(document.recipients), [[f"{value:,.1f}" for value in document.recipients.values()]]),
        *(part for name, row in document.loads.items() for part in _load(name, row)),
        *(part for name, storm in document.storms.items() for part in _storm(name, storm)),
    ]
    if document.region is not None:
        region = {name: getattr(document.region, name) for name in document.region.__struct_fields__}
        parts += [
            "<h2>A Region lost</h2>",
            table(("", ""), [(_named(k), _number(v)) for k, v in region.items()]),
        ]
    return html("Capacity runs on the simulated cloud", *parts)


def _where(document: Document) -> str:
    machine = document.machine
    return (
        f"<p>{escape(document.made_at)}: <code>{escape(document.command)}</code>, Python "
        f"{escape(str(machine['python']))}, {machine['cores']} cores. The real handlers ran on models of AWS in "
        "virtual time: latencies are the models', not a machine's.</p>"
    )


def _load(name: str, row: LoadRow) -> Iterable[str]:
    yield f"<h2>{escape(name)}: {row.sockets:,} sockets, {row.cells} cells, quotas {escape(row.quotas)}</h2>"
    yield table(
        ("", "number", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms"),
        [("send → ack", *_timed(row.ack)), ("send → deliver", *_timed(row.deliver))],
    )
    seconds = row.seconds
    delays = [_series(seconds, "send → deliver", "deliver_p99_ms"), _series(seconds, "send → ack", "ack_p99_ms")]
    rates = [_series(seconds, "posts", "posts"), _series(seconds, "sent", "sent")]
    yield '<div class="plots">'
    yield _plot("p99 by the second", "ms", seconds, delays)
    yield _plot("Messages and posts", "a second", seconds, rates)
    yield _running(seconds)
    yield _throttles(seconds)
    yield "</div>"
    counts = [*row.conservation.items(), *((f"throttled by {who}", number) for who, number in row.throttled.items())]
    yield table(("what became of it", ""), [(_named(key), f"{number:,}") for key, number in counts])
    yield bars(
        "Dollars for a million messages",
        [(key, usd, f"${usd:,.2f}") for key, usd in _per_million(row).items()],
    )
    yield (
        f"<p>${row.usd_per_million_messages:,.2f} for a million messages, ${row.usd_per_million_deliveries:,.2f} for a "
        f"million deliveries. Cache hits: memory {row.caches.memory:.1%}, shared tier "
        f"{row.caches.shared_of_the_rest:.1%} of the rest, together {row.caches.together:.1%}.</p>"
    )
    yield table(
        ("table", "units", "most in a second of one partition", "which"),
        [
            (key, f"{units:,}", f"{row.hottest[key].units:,.0f}", row.hottest[key].partition)
            for key, units in row.units.items()
            if key in row.hottest
        ],
    )


def _storm(name: str, row: StormRow) -> Iterable[str]:
    yield f"<h2>{escape(name)}: {row.sockets:,} sockets come back, quotas {escape(row.quotas)}</h2>"
    yield '<div class="plots">'
    yield _plot("Sockets back", "a second", row.seconds, [_series(row.seconds, "back", "opened")])
    yield _throttles(row.seconds)
    yield "</div>"
    facts = ("back", "half_back_s", "almost_all_back_s", "all_back_s", "least_s", "attempts")
    yield table(("", ""), [(_named(key), _number(getattr(row, key))) for key in facts])
    yield table(("what clients were told", ""), [(code, f"{number:,}") for code, number in row.errors.items()])


def _plot(title: str, unit: str, seconds: Sequence[SecondRow], series: Sequence[Series]) -> str:
    """Lines over the seconds of a run."""
    across = Axis(0, max([1, *(row.second for row in seconds)]), "seconds")
    return line_chart(title, series, across, upward(unit, series))


def _running(seconds: Sequence[SecondRow]) -> str:
    totals: dict[str, int] = {}
    for second in seconds:
        for function, number in second.running.items():
            totals[function] = max(number, totals.get(function, 0))
    busiest = sorted(totals, key=lambda function: -totals[function])[:BUSIEST]
    lines = [Series(name, [(row.second, row.running.get(name, 0)) for row in seconds]) for name in busiest]
    return _plot("Functions at once", "the most", seconds, lines)


def _throttles(seconds: Sequence[SecondRow]) -> str:
    services = sorted({who for row in seconds for who in row.throttled})
    if not services:
        return "<p>Nothing was throttled.</p>"
    lines = [Series(who, [(row.second, row.throttled.get(who, 0)) for row in seconds]) for who in services]
    return _plot("Throttled", "a second", seconds, lines)


def _series(seconds: Sequence[SecondRow], name: str, what: str) -> Series:
    return Series(name, [(row.second, getattr(row, what)) for row in seconds])


def _per_million(row: LoadRow) -> dict[str, float]:
    total = sum(row.cost.values()) or 1
    return {key: usd / total * row.usd_per_million_messages for key, usd in row.cost.items()}


def _timed(timing: Timing) -> list[str]:
    shares = (timing.p50_ms, timing.p90_ms, timing.p99_ms, timing.p99_9_ms)
    return [f"{timing.number:,}", *("-" if value is None else f"{value:,.0f}" for value in shares)]


def _word(holds: bool | None) -> str:  # noqa: FBT001 - as a verdict has it
    return "not shown by this run" if holds is None else "yes" if holds else "no"


def _named(name: str) -> str:
    return name.replace("_", " ")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"
