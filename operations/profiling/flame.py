"""A flame graph as one HTML page with SVG in it: the handler below, what it called above, as wide as it took long."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from operations.pages.document import html, table
from operations.profiling.call_tree import Call
from operations.profiling.recording import Recording

WIDTH, ROW = 1_200, 18
LEAST = 1.0
"""Pixels below which a call is not drawn."""

PER_CHARACTER = 7
HOTTEST = 30
"""Functions below the graph."""

COLOURS = ("#e8643c", "#ee8c3a", "#f2b134", "#d9523f", "#e07b4f")


def page(recording: Recording) -> str:
    """The graph, and below it the hottest functions. Hovering says of a call what it took of a round."""
    spots = [
        (f"{spot.own_s / recording.rounds * 1e6:,.1f} µs", spot.name, spot.place)
        for spot in recording.spots()[:HOTTEST]
    ]
    return html(
        f"{recording.function}, {recording.rounds:,} rounds",
        graph(recording),
        "<h2>Own time of a round</h2>",
        table(("", "", ""), spots),
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
        f'fill="{colour}"/><text class="call" x="{x + 3:.1f}" y="{y + 13}">{escape(shown)}</text></g>'
    )
