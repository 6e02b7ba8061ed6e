"""Pictures of high dynamic range as screens show them that have none: a table from each colour to another. Pure.

Telephones film in HLG or PQ (ITU-R BT.2100), with the colours of BT.2020. Shown as they are elsewhere, they are pale.
What is up to half as bright as white paper (203 cd/m², ITU-R BT.2408) keeps its place; what is brighter, to 1,000
cd/m², shares what is left below a screen's white. Colours become those of BT.709.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import exp
from typing import Literal

Transfer = Literal["pq", "hlg"]

TRANSFERS: dict[int, Transfer] = {16: "pq", 18: "hlg"}
"""By the numbers that files name them by (ITU-T H.273, table 3)."""

SIDE = 33
"""Steps of each colour in a table, as grading programs have them; in between is interpolated."""

PAPER_CD_M2 = 203.0
PEAK_CD_M2 = 1_000.0

_KNEE = 0.5
"""Of white paper's light: what is darker stays as it is."""

_GAMMA = 2.4
"""Of a screen (ITU-R BT.1886)."""

_TO_709 = ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187))
"""Light in BT.2020's primaries to BT.709's (ITU-R BT.2087, inverted)."""

Colour = tuple[float, float, float]


def table(transfer: Transfer) -> Iterator[Colour]:
    """`SIDE`³ colours, red changing first, for signals of 0 to 1; 0.3 s."""
    steps = [at / (SIDE - 1) for at in range(SIDE)]
    return (mapped((red, green, blue), transfer) for blue in steps for green in steps for red in steps)


def mapped(signal: Colour, transfer: Transfer) -> Colour:
    """One colour: a signal of 0 to 1 to another."""
    light = _light_of_pq(signal) if transfer == "pq" else _light_of_hlg(signal)
    brightest = max(light)
    dimmed = _compressed(brightest) / brightest if brightest else 0.0
    red, green, blue = (each * dimmed for each in light)
    return tuple(_signal(r * red + g * green + b * blue) for r, g, b in _TO_709)  # type: ignore[return-value]  # three


def _signal(light: float) -> float:
    return float(min(1.0, max(0.0, light)) ** (1 / _GAMMA))


def _compressed(light: float) -> float:
    """Between the knee and the peak as Reinhard's curve does, whose slope is 1 at the knee."""
    if light <= _KNEE:
        return light
    room = 1 - _KNEE
    over, most = (light - _KNEE) / room, (PEAK_CD_M2 / PAPER_CD_M2 - _KNEE) / room
    return _KNEE + room * over * (1 + over / most**2) / (1 + over)


def _light_of_pq(signal: Colour) -> list[float]:
    """In parts of paper's (BT.2100, table 4)."""
    return [10_000 / PAPER_CD_M2 * _pq(each) for each in signal]


def _pq(signal: float) -> float:
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    root = signal ** (1 / m2)
    return float((max(root - c1, 0.0) / (c2 - c3 * root)) ** (1 / m1))


def _light_of_hlg(signal: Colour) -> list[float]:
    """In parts of paper's, of a screen of 1,000 cd/m² (BT.2100, table 5)."""
    scene = [_hlg(each) for each in signal]
    luminance = 0.2627 * scene[0] + 0.6780 * scene[1] + 0.0593 * scene[2]
    return [PEAK_CD_M2 / PAPER_CD_M2 * luminance**0.2 * each for each in scene]


def _hlg(signal: float) -> float:
    if signal <= 1 / 2:
        return signal**2 / 3
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return (exp((signal - c) / a) + b) / 12
