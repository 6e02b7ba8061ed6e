"""A flame graph as one HTML page with SVG in it: the handler below, what it called above, as wide as it took long."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from operations.profiling.call_tree import Call
from operations.profiling.recording import Recording

WIDTH, ROW = 1_200, 18
LEAST = 1.0
"""Pixels below which a call is not drawn."""

PER_CHARACTER = 7
COLOURS = ("#e8643c", "#ee8c3a", "#f2b134", "#d9523f", "#e07b4f")

STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --paper: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --paper: #151a22; } }
body { background: var(--paper); color: var(--ink); font: 14px/1.5 system-ui, sans-serif; margin: 1.5rem; }
svg { width: 100%; height: auto; } svg text { fill: #1c2330; font: 11px ui-monospace, monospace; pointer-events: none; }
td { padding: .1rem 1rem .1rem 0; font-variant-numeric: tabular-nums; }
"""


def page(recording: Recording) -> str:
    """The graph, and below it the hottest functions. Hovering says of a call what it took of a round."""
    spots = "".join(
        f"<tr><td>{spot.own_s / recording.rounds * 1e6:,.1f} µs</td><td>{escape(spot.name)}</td>"
        f"<td>{escape(spot.place)}</td></tr>"
        for spot in recording.spots()[:30]
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(recording.function)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{escape(recording.function)}, {recording.rounds:,} rounds</h1>"
        f"{graph(recording)}<h2>Own time of a round</h2><table>{spots}</table></body></html>"
    )


def graph(recording: Recording) -> str:
    """The SVG alone."""
    boxes = list(_boxes(recording.root, 0.0, 0, WIDTH / (recording.root.total_s or 1)))
    deepest = max(depth for _, _, depth, _ in boxes)
    drawn = "".join(_box(box, deepest, recording.rounds) for box in boxes)
    return f'<svg role="img" aria-label="flame graph" viewBox="0 0 {WIDTH} {(deepest + 1) * ROW}">{drawn}</svg>'


Box = tuple[Call, float, int, float]
"""A call, where it begins, how deep it is, and how wide: pixels."""


def _boxes(call: Call, x: float, depth: int, per_s: float) -> Iterator[Box]:
    width = call.total_s * per_s
    if width < LEAST:
        return
    yield call, x, depth, width
    for each in call.calls:
        yield from _boxes(each, x, depth + 1, per_s)
        x += each.total_s * per_s


def _box(box: Box, deepest: int, rounds: int) -> str:
    call, x, depth, width = box
    y = (deepest - depth) * ROW
    colour = COLOURS[sum(call.name.encode()) % len(COLOURS)]
    told = f"{call.name} ({call.place}): {call.total_s / rounds * 1e6:,.1f} µs, own {call.own_s / rounds * 1e6:,.1f} µs"
    shown = call.name[: max(0, int(width / PER_CHARACTER))]
    return (
        f'<g><title>{escape(told)}</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 1}" '
        f'fill="{colour}"/><text x="{x + 3:.1f}" y="{y + 13}">{escape(shown)}</text></g>'
    )
