"""What FFmpeg's filters are told, so that a video of high dynamic range looks right on screens without it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from av.video.frame import VideoFrame

from chat import tone_mapping
from chat.recordings.filters import Step
from chat.recordings.ladder import Rung
from chat.tone_mapping import SIDE, TRANSFERS, Transfer


def is_hdr(picture: VideoFrame) -> bool:
    """Whether it says so."""
    return picture.color_trc in TRANSFERS


@contextmanager
def toned(picture: VideoFrame, largest: Rung) -> Iterator[list[Step]]:
    """Steps of a chain that is made within the block, for pictures that are upright; none where they need none.

    Pictures are scaled to the largest rung on the way: what is not shown need not be looked up.
    """
    transfer = TRANSFERS.get(picture.color_trc)
    if transfer is None:
        yield []
        return
    with tempfile.NamedTemporaryFile("w", suffix=".cube") as cube:
        cube.write(_cube(transfer))
        cube.flush()
        yield [
            ("scale", f"{largest.width}:{largest.height}:in_color_matrix=bt2020"),
            ("format", "gbrp10"),
            ("lut3d", f"file={cube.name}:interp=tetrahedral"),
            ("scale", "out_color_matrix=bt709:out_range=tv"),
            ("format", "yuv420p"),
            ("setparams", "color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"),
        ]


def _cube(transfer: Transfer) -> str:
    """A table in the form that Adobe published."""
    rows = (f"{red:.5f} {green:.5f} {blue:.5f}" for red, green, blue in tone_mapping.table(transfer))
    return "\n".join([f"LUT_3D_SIZE {SIDE}", *rows]) + "\n"
