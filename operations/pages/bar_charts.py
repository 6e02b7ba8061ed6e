"""Bar charts as SVG, made of text: a bar for each name, as long as its value, with the value written behind it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH, LABELS, VALUES, ROW = 860, 330, 110, 26
"""Of a chart, of the names beside its bars, of the values behind them, and of a bar's row, in pixels."""


def bars(
    title: str, rows: Sequence[tuple[str, float, str]], *, line: float | None = None, high: float | None = None
) -> str:
    """A bar each: a name, a value and how that is written. `line` is drawn across; above `high` is marked."""
    most = max([value for _, value, _ in rows] + ([line] if line else []), default=0) or 1
    room = WIDTH - LABELS - VALUES
    drawn = [
        f'<text x="{LABELS - 8}" y="{at * ROW + 17}" text-anchor="end">{escape(_short(name))}</text>'
        f'<rect class="{"high" if high is not None and value > high else "bar"}" x="{LABELS}" y="{at * ROW + 5}" '
        f'width="{max(1.0, value / most * room):.1f}" height="{ROW - 10}"/>'
        f'<text x="{LABELS + value / most * room + 6:.1f}" y="{at * ROW + 17}">{escape(text)}</text>'
        for at, (name, value, text) in enumerate(rows)
    ]
    if line is not None:
        x = LABELS + line / most * room
        drawn.append(f'<line class="limit" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{len(rows) * ROW}"/>')
    head = f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {WIDTH} {max(1, len(rows)) * ROW}">'
    return head + f"<title>{escape(title)}</title>" + "".join(drawn) + "</svg>"


def _short(name: str, most: int = 48) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"
