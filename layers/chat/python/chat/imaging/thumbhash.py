"""ThumbHash: an image in some 25 bytes, from which a client paints a placeholder before anything is loaded.

The algorithm and its constants are Evan Wallace's (https://github.com/evanw/thumbhash): the average colour and the
lowest terms of a cosine transform, of luminance, yellow-blue, red-green and, where there is any transparency, alpha.
The packages of it for Python have had no release since 2023; clients decode with its author's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, floor, pi

from PIL import Image

MAX_PX = 100
"""Longest side that is looked at: more is slow and changes nothing."""


@dataclass(frozen=True)
class _Terms:
    """One channel: its mean, its varying terms from 0 to 1, and what 1 stands for."""

    mean: float
    varying: list[float]
    scale: float


def encode(image: Image.Image) -> bytes:
    """The hash of an upright sRGB image; 30 ms."""
    small = image.convert("RGBA")
    small.thumbnail((MAX_PX, MAX_PX), Image.Resampling.BOX, reducing_gap=None)
    return encode_pixels(small.width, small.height, small.tobytes())


def encode_pixels(width: int, height: int, rgba: bytes) -> bytes:
    """The hash of at most 100 by 100 pixels, row by row, colours not multiplied by alpha."""
    light, yellow, red, alpha = _channels(rgba)
    transparent = sum(alpha) < width * height
    most = 5 if transparent else 7
    columns = max(1, _round(most * width / max(width, height)))
    rows = max(1, _round(most * height / max(width, height)))
    l_terms = _transform(light, width, height, max(3, columns), max(3, rows))
    p_terms = _transform(yellow, width, height, 3, 3)
    q_terms = _transform(red, width, height, 3, 3)
    channels = [l_terms, p_terms, q_terms]
    wide = width > height
    head = (
        _round(63 * l_terms.mean)
        | _round(31.5 + 31.5 * p_terms.mean) << 6
        | _round(31.5 + 31.5 * q_terms.mean) << 12
        | _round(31 * l_terms.scale) << 18
        | transparent << 23
    )
    shape = (rows if wide else columns) | _round(63 * p_terms.scale) << 3 | _round(63 * q_terms.scale) << 9 | wide << 15
    packed = head.to_bytes(3, "little") + shape.to_bytes(2, "little")
    if transparent:
        a_terms = _transform(alpha, width, height, 5, 5)
        channels.append(a_terms)
        packed += bytes([_round(15 * a_terms.mean) | _round(15 * a_terms.scale) << 4])
    return packed + _nibbles([term for channel in channels for term in channel.varying])


def _channels(rgba: bytes) -> tuple[list[float], list[float], list[float], list[float]]:
    """Luminance, yellow-blue, red-green and alpha of each pixel, laid over the average colour."""
    alpha = [value / 255 for value in rgba[3::4]]
    opacity = sum(alpha) or 1.0
    red, green, blue = (_over_mean([value / 255 for value in rgba[channel::4]], alpha, opacity) for channel in range(3))
    colours = list(zip(red, green, blue, strict=True))
    return (
        [(r + g + b) / 3 for r, g, b in colours],
        [(r + g) / 2 - b for r, g, b in colours],
        [r - g for r, g, _ in colours],
        alpha,
    )


def _over_mean(values: list[float], alpha: list[float], opacity: float) -> list[float]:
    weighted = [value * a for value, a in zip(values, alpha, strict=True)]
    mean = sum(weighted) / opacity
    return [mean * (1 - a) + value for value, a in zip(weighted, alpha, strict=True)]


def _transform(channel: list[float], width: int, height: int, columns: int, rows: int) -> _Terms:
    """The lowest terms of a cosine transform: those of a triangle of `columns` by `rows`."""
    lines = [channel[at : at + width] for at in range(0, width * height, width)]
    across = []
    for column in range(columns):
        wave = [cos(pi / width * column * (x + 0.5)) for x in range(width)]
        across.append([sum(map(float.__mul__, line, wave)) for line in lines])
    terms = []
    for row in range(rows):
        wave = [cos(pi / height * row * (y + 0.5)) for y in range(height)]
        within = (column for column in range(columns) if column * rows < columns * (rows - row))
        terms += [sum(map(float.__mul__, across[column], wave)) / (width * height) for column in within]
    mean, varying = terms[0], terms[1:]
    scale = max(map(abs, varying))
    return _Terms(mean, [0.5 + 0.5 / scale * term for term in varying] if scale else varying, scale)


def _nibbles(terms: list[float]) -> bytes:
    """Four bits a term, the first in the lower half of its byte."""
    quantized = [_round(15 * term) for term in terms]
    if len(quantized) % 2:
        quantized.append(0)
    return bytes(low | high << 4 for low, high in zip(quantized[::2], quantized[1::2], strict=True))


def _round(value: float) -> int:
    """As JavaScript rounds: halves go up."""
    return floor(value + 0.5)
