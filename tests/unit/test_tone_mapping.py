"""High dynamic range toned down: white paper stays nearly white, the sun is no brighter than the screen."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.video.frame import VideoFrame

from chat.recordings.inspection import Limits, inspect
from chat.tone_mapping import SIDE, Colour, Transfer, mapped, table
from tests.unit.test_videos import transcoded

PAPER: dict[Transfer, float] = {"hlg": 0.75, "pq": 0.5807}
"""Signal of white paper, 203 cd/m² (ITU-R BT.2408, table 1)."""

HLG = 18
BT2020 = 9
CODES = 876
"""Of a 10-bit signal of 0 to 1, which begins at 64."""


def grey(signal: float) -> Colour:
    return signal, signal, signal


@pytest.mark.parametrize("transfer", PAPER)
def test_black_stays_black_and_paper_nearly_white(transfer: Transfer) -> None:
    assert mapped(grey(0), transfer) == pytest.approx((0, 0, 0))
    assert mapped(grey(PAPER[transfer]), transfer) == pytest.approx(grey(0.89), abs=0.01)


def test_the_brightest_that_is_filmed_is_the_screen_s_white() -> None:
    assert mapped(grey(1), "hlg") == pytest.approx((1, 1, 1), abs=0.001)
    assert mapped(grey(0.7518), "pq") == pytest.approx((1, 1, 1), abs=0.001)
    assert mapped(grey(1), "pq") == (1, 1, 1)


@pytest.mark.parametrize("transfer", PAPER)
def test_what_is_brighter_is_shown_brighter_and_grey_stays_grey(transfer: Transfer) -> None:
    shown = [mapped(grey(at / 100), transfer) for at in range(101)]
    assert shown == sorted(shown)
    assert all(max(each) - min(each) < 0.001 for each in shown)


def test_both_ways_of_saying_a_brightness_are_shown_alike() -> None:
    assert mapped(grey(0.5), "hlg") == pytest.approx(mapped(grey(0.44), "pq"), abs=0.01)


def test_a_red_that_a_screen_does_not_have_is_its_reddest() -> None:
    red, green, blue = mapped((0.75, 0, 0), "hlg")
    assert red > 0.8
    assert (green, blue) == pytest.approx((0, 0), abs=0.01)


def test_a_table_has_a_colour_for_each_step() -> None:
    colours = list(table("hlg"))
    assert len(colours) == SIDE**3
    assert colours[SIDE - 1] == mapped((1, 0, 0), "hlg")


def bright_video(signal: float) -> bytes:
    """Grey of that signal in HLG, as a telephone films it but for the encoder."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        stream = output.add_stream("libx265", rate=25, options={"x265-params": "log-level=error"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p10le"
        context = stream.codec_context
        context.color_trc, context.color_primaries, context.colorspace, context.color_range = HLG, BT2020, BT2020, 1
        for at in range(10):
            frame = VideoFrame(64, 64, "yuv420p10le")
            for plane, code in zip(frame.planes, (64 + round(signal * CODES), 512, 512), strict=True):
                plane.update(code.to_bytes(2, "little") * (plane.buffer_size // 2))
            frame.pts, frame.time_base = at, Fraction(1, 25)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def test_a_video_of_high_dynamic_range_is_toned_down(tmp_path: Path) -> None:
    body = bright_video(PAPER["hlg"])
    assert inspect(io.BytesIO(body), "mov", Limits(video_s=60)).hdr
    made = transcoded(body, tmp_path)
    with av.open(str(made["video.mp4"])) as container:
        picture = next(container.decode(video=0))
        assert (picture.format.name, picture.color_trc in {1, 2}) == ("yuv420p", True)
        luma = bytes(picture.planes[0])[0]
    # 16 to 235: 0.89 of it, where the signal as it came would be 0.75.
    assert luma == pytest.approx(16 + 0.89 * 219, abs=3)
