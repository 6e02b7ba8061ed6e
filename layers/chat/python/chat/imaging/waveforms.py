"""The picture that stands for a sound where its waveform can't be drawn: bars, of which clients know the heights."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 480, 96
COLOUR = (120, 128, 144, 255)
"""A grey that is seen on white and on black."""

SHORTEST_PX = 4
GAP = 0.4
"""Between two bars, as a part of their distance."""


def draw(peaks: bytes) -> bytes:
    """A PNG, transparent but for one bar a peak."""
    canvas = Image.new("RGBA", (WIDTH, HEIGHT))
    pen = ImageDraw.Draw(canvas)
    distance = WIDTH / len(peaks)
    for at, peak in enumerate(peaks):
        half = max(SHORTEST_PX, peak / 255 * HEIGHT) / 2
        left = at * distance + distance * GAP / 2
        box = (left, HEIGHT / 2 - half, left + distance * (1 - GAP), HEIGHT / 2 + half - 1)
        pen.rounded_rectangle(box, radius=2, fill=COLOUR)
    file = io.BytesIO()
    canvas.save(file, "PNG")
    return file.getvalue()
