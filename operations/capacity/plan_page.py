"""A plan as one HTML page without anything from elsewhere: charts as SVG, light or dark as the reader has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from operations.capacity import plan_text
from operations.capacity.bill import LEFT_OUT
from operations.capacity.loads import MEMORY_MB
from operations.capacity.stage_plan import StagePlan
from operations.capacity.utilisation import HEADROOM

WIDTH, LABELS, ROW = 860, 330, 26
"""Of a chart, of the names beside its bars, and of a bar's row, in pixels."""

FULL = 100
"""Percent at which a quota is used up."""

STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --paper: #fff; --faint: #d9dee7; --bar: #3f6ad8; --high: #d1632a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ef; --paper: #151a22; --faint: #333c4a; --bar: #7ea2ff; --high: #ff9a62; }
}
body { background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto;
  max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--faint); padding: .3rem .5rem; text-align: right; }
th:first-child, td:first-child { text-align: left; }
svg { width: 100%; height: auto; } text { fill: var(--ink); font: 13px system-ui, sans-serif; }
.bar { fill: var(--bar); } .high { fill: var(--high); } .line { stroke: var(--ink); stroke-dasharray: 4 3; }
"""


def page(plan: StagePlan) -> str:
    """The whole page."""
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Capacity plan</title>',
            f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>',
            "<h1>Capacity plan</h1>",
            table(("", ""), plan_text.summary(plan)),
            "<h2>What to do</h2>",
            _list(list(plan_text.advice(plan)) or ["Nothing has to be asked for."]),
            "<h2>Quotas, by each cell</h2>",
            _quotas(plan),
            table(plan_text.QUOTA_HEADER, plan_text.quota_rows(plan)),
            "<h2>Functions at once</h2>",
            bars(
                "Functions at once",
                [(_function(name), count, f"{count:,.1f}") for name, count in plan.concurrency.items()],
            ),
            "<h2>Dollars a month</h2>",
            bars(
                "Dollars a month",
                [(f"{line.part}: {line.title}", line.usd, f"${line.usd:,.2f}") for line in plan.bill.lines],
            ),
            table(
                ("part", "what", "arithmetic", "$/M messages"),
                (
                    (line.part, line.title, line.arithmetic, f"{line.per_million_messages:,.3f}")
                    for line in plan.bill.lines
                ),
            ),
            f"<p>No line is for: {escape(', '.join(LEFT_OUT))}.</p></body></html>",
        ]
    )


def bars(
    title: str, rows: Sequence[tuple[str, float, str]], *, line: float | None = None, high: float | None = None
) -> str:
    """A chart of bars, each a name, a value and how that is written. `line` is drawn across; above `high` is marked."""
    most = max([value for _, value, _ in rows] + ([line] if line else []), default=0) or 1
    room = WIDTH - LABELS - 110
    drawn = [
        f'<text x="{LABELS - 8}" y="{at * ROW + 17}" text-anchor="end">{escape(_short(name))}</text>'
        f'<rect class="{"high" if high is not None and value > high else "bar"}" x="{LABELS}" y="{at * ROW + 5}" '
        f'width="{max(1.0, value / most * room):.1f}" height="{ROW - 10}"/>'
        f'<text x="{LABELS + value / most * room + 6:.1f}" y="{at * ROW + 17}">{escape(text)}</text>'
        for at, (name, value, text) in enumerate(rows)
    ]
    if line is not None:
        x = LABELS + line / most * room
        drawn.append(f'<line class="line" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{len(rows) * ROW}"/>')
    head = f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {WIDTH} {max(1, len(rows)) * ROW}">'
    return head + f"<title>{escape(title)}</title>" + "".join(drawn) + "</svg>"


def _quotas(plan: StagePlan) -> str:
    rows = [(use.title, use.percent, f"{use.percent:,.1f} %") for use in plan.uses]
    return bars("Percent of each quota", rows, line=FULL, high=FULL * HEADROOM)


def _function(name: str) -> str:
    return f"{name} ({MEMORY_MB[name]} MB)"


def _short(name: str, most: int = 48) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are text."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _list(sentences: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences) + "</ul>"
