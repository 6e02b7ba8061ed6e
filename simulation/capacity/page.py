"""The result as one HTML page without anything from elsewhere: plots as SVG, light or dark as the reader has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from operations.capacity.plan_page import STYLE, bars, table
from simulation.capacity.document import Document, LoadRow, SecondRow, StormRow, Timing

WIDTH, HEIGHT, LEFT, BELOW = 860, 240, 60, 24
"""Of a plot, and of what its axes need, in pixels."""

COLOURS = ("#3f6ad8", "#d1632a", "#2a9d6f", "#a05ad6")
PLOTS = "".join(f".l{at} {{ fill: none; stroke: {colour}; stroke-width: 2; }}" for at, colour in enumerate(COLOURS))

WORDS = ".words th, .words td { text-align: left; vertical-align: top; }"

Line = tuple[str, Sequence[tuple[float, float]]]
"""A name, and its points."""


def page(document: Document) -> str:
    """The whole page."""
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Capacity runs</title>',
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}{PLOTS}{WORDS}</style></head><body>',
        "<h1>Capacity runs on the simulated cloud</h1>",
        _where(document),
        "<h2>Which targets hold</h2>",
        '<div class="words">',
        table(
            ("", "target", "holds", "shown", "what binds"),
            [(each.requirement, each.target, _word(each.holds), each.shown, each.binds) for each in document.verdicts],
        ),
        "</div>",
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
    return "\n".join([*parts, "</body></html>"])


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
    yield plot(
        "p99 by the second, ms",
        [
            ("send → deliver", _points(row.seconds, "deliver_p99_ms")),
            ("send → ack", _points(row.seconds, "ack_p99_ms")),
        ],
    )
    yield plot(
        "messages and posts a second",
        [("posts", _points(row.seconds, "posts")), ("sent", _points(row.seconds, "sent"))],
    )
    yield _running(row.seconds)
    yield _throttles(row.seconds)
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
    yield plot("sockets back a second", [("back", _points(row.seconds, "opened"))])
    yield _throttles(row.seconds)
    facts = ("back", "half_back_s", "almost_all_back_s", "all_back_s", "least_s", "attempts")
    yield table(("", ""), [(_named(key), _number(getattr(row, key))) for key in facts])
    yield table(("what clients were told", ""), [(code, f"{number:,}") for code, number in row.errors.items()])


def plot(title: str, lines: Sequence[Line]) -> str:
    """A chart of lines over seconds, from 0."""
    points = [point for _, line in lines for point in line]
    across = max((x for x, _ in points), default=1) or 1
    most = max((y for _, y in points), default=1) or 1
    wide, high = WIDTH - LEFT - 160, HEIGHT - 2 * BELOW

    def placed(x: float, y: float) -> str:
        return f"{LEFT + x / across * wide:.1f},{BELOW + high - y / most * high:.1f}"

    drawn = [
        f'<polyline class="l{at % len(COLOURS)}" points="{" ".join(placed(x, y) for x, y in line)}"/>'
        f'<text x="{WIDTH - 150}" y="{BELOW + 18 * (at + 1)}">'
        f'<tspan style="fill:{COLOURS[at % len(COLOURS)]}">■</tspan> {escape(name)}</text>'
        for at, (name, line) in enumerate(lines)
    ]
    bottom = BELOW + high
    axes = (
        f'<line class="line" x1="{LEFT}" x2="{LEFT + wide}" y1="{bottom}" y2="{bottom}"/>'
        f'<text x="{LEFT - 6}" y="{BELOW + 5}" text-anchor="end">{most:,.0f}</text>'
        f'<text x="{LEFT - 6}" y="{bottom}" text-anchor="end">0</text>'
        f'<text x="{LEFT + wide}" y="{bottom + 18}" text-anchor="end">{across:,.0f} s</text>'
        f'<text x="{LEFT}" y="14">{escape(title)}</text>'
    )
    head = f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {WIDTH} {HEIGHT}"><title>{escape(title)}</title>'
    return head + axes + "".join(drawn) + "</svg>"


def _running(seconds: Sequence[SecondRow]) -> str:
    totals: dict[str, int] = {}
    for second in seconds:
        for function, number in second.running.items():
            totals[function] = max(number, totals.get(function, 0))
    busiest = sorted(totals, key=lambda function: -totals[function])[: len(COLOURS)]
    return plot(
        "functions at once",
        [(name, [(row.second, row.running.get(name, 0)) for row in seconds]) for name in busiest],
    )


def _throttles(seconds: Sequence[SecondRow]) -> str:
    services = sorted({who for row in seconds for who in row.throttled})
    if not services:
        return "<p>Nothing was throttled.</p>"
    return plot(
        "throttled a second", [(who, [(row.second, row.throttled.get(who, 0)) for row in seconds]) for who in services]
    )


def _points(seconds: Sequence[SecondRow], what: str) -> list[tuple[float, float]]:
    return [(row.second, value) for row in seconds if (value := getattr(row, what)) is not None]


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
