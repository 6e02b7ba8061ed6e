"""The sizes that a video is shown in, and the names of what is made of it. Pure: both transcoders follow it.

Below a video's folder, for each rung by its shorter side:

    video.mp4               one MP4 with its index in front, for who plays no HLS
    hls.m3u8                the playlist of playlists
    hls_720.m3u8            one rung's
    hls_720_00001.ts …      its segments
    poster.0000000.jpg      a frame, and perhaps one of a second later
"""

from __future__ import annotations

from dataclasses import dataclass

SHORTER_SIDES_PX = (360, 720, 1080)
"""A telephone on a poor line, a telephone, a large screen."""

MP4_PX = 720
"""The shorter side of the MP4, at most: it has to do for every line."""

SEGMENT_S = 6
"""What Apple recommends for HLS (Authoring Specification for Apple Devices, 7.5)."""

MAX_FRAMES_PER_S = 30
"""What is faster is thinned out."""

KEYFRAME_S = 2
"""A segment is three times as long."""

PLAYLIST = "hls.m3u8"
MP4 = "video.mp4"
POSTERS = ("poster.0000001.jpg", "poster.0000000.jpg")
"""Where a frame may lie, the better one first: a video's very first is often black."""

_BITS_PER_PIXEL = 2.7
"""Most bits a second for each pixel: 0.6, 2.5 and 5.6 Mbit/s on the three rungs of a 16:9 video."""


@dataclass(frozen=True)
class Rung:
    """One size, in pixels; both sides are even, as H.264 has them."""

    width: int
    height: int

    @property
    def name(self) -> str:
        """Its playlist without the ending: `hls_720`."""
        return f"hls_{min(self.width, self.height)}"

    @property
    def max_bits_per_s(self) -> int:
        """Of its pictures."""
        return round(self.width * self.height * _BITS_PER_PIXEL)


def ladder_of(width: int, height: int) -> list[Rung]:
    """The rungs of a video of that size, the smallest first; none is larger than it, and at least one there is."""
    shorter = min(width, height)
    return [_rung(width, height, side / shorter) for side in sorted({min(each, shorter) for each in SHORTER_SIDES_PX})]


def mp4_rung(rungs: list[Rung]) -> Rung:
    """The one that is the MP4, too."""
    return [each for each in rungs if min(each.width, each.height) <= MP4_PX or each is rungs[0]][-1]


def _rung(width: int, height: int, scale: float) -> Rung:
    return Rung(_even(width * scale), _even(height * scale))


def _even(pixels: float) -> int:
    return max(2, round(pixels) // 2 * 2)
