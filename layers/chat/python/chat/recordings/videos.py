"""A transcoder of videos out of FFmpeg's libraries: the files that `chat.recordings.ladder` names, in one directory.

The source is decoded once, and each picture encoded for all rungs: H.264 and AAC, which everything plays. HLS holds
the same packets as the rungs' MP4s. Each file begins without metadata, so place and camera are not copied. Ten-bit
colours become eight; HDR is not toned down.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.codec.context import Flags
from av.container import InputContainer
from av.video.frame import VideoFrame

from chat.file_signatures import File
from chat.media import MediaError
from chat.recordings import ladder, sounds
from chat.recordings.containers import DAMAGED, moving_picture, opened, sound
from chat.recordings.filters import FilterChain, picture_chain
from chat.recordings.inspection import refuse_length
from chat.recordings.ladder import Rung, ladder_of, mp4_rung
from chat.recordings.sound_levels import BITS_PER_S
from chat.recordings.tones import toned

POSTER_AT_S = 1.0
"""Later than most fades from black."""

QUALITY = "23"
"""libx264's constant rate factor, its default."""

SPEED = "veryfast"
"""libx264's preset; `medium` takes three times as long for a tenth fewer bytes."""

MIN_FRAMES_PER_S = 10
"""What is slower has its pictures repeated, so that segments end where they should."""

_UPRIGHT = {90: ("cclock",), -90: ("clock",), 180: ("clock", "clock"), -180: ("clock", "clock")}
"""What sets a picture upright, by the degrees that it is to be turned counter-clockwise."""


@dataclass(frozen=True)
class Bounds:
    """What one video may take."""

    video_s: int
    ends_at_s: float
    """On the clock."""
    clock: Callable[[], float]

    def check(self, shown_until_s: float) -> None:
        """Raises `MediaError` for what is longer than its container said, or takes too long."""
        refuse_length(round(shown_until_s * 1000), self.video_s, "video")
        if self.clock() > self.ends_at_s:
            raise MediaError("The video takes too long to convert: send a shorter or a smaller one.")


def transcode(file: File, demuxer: str, size: tuple[int, int], into: Path, bounds: Bounds) -> None:
    """Writes MP4, playlists, segments and poster of a video that is seen in that size. Raises `MediaError`."""
    rungs = ladder_of(*size)
    gain_db = _gain_db(file, demuxer, bounds.video_s)
    with opened(file, demuxer) as container:
        _encode(container, rungs, gain_db, into, bounds)
    for rung in rungs:
        _segment(into / f"{rung.name}.mp4", into / f"{rung.name}.m3u8")
    (into / ladder.PLAYLIST).write_text(_playlist(rungs))
    (into / f"{mp4_rung(rungs).name}.mp4").rename(into / ladder.MP4)
    for rung in rungs:
        (into / f"{rung.name}.mp4").unlink(missing_ok=True)


def _gain_db(file: File, demuxer: str, most_s: int) -> float:
    """What makes its sound as loud as others; 0 where it is silent."""
    with opened(file, demuxer) as container:
        silent = sound(container) is None
    file.seek(0)
    gain_db = 0.0 if silent else sounds.measure(file, demuxer, most_s).gain_db
    file.seek(0)
    return gain_db


def _encode(container: InputContainer, rungs: list[Rung], gain_db: float, into: Path, bounds: Bounds) -> None:
    """All rungs at once, each as one MP4, and the poster."""
    with ExitStack() as stack:
        encoding = _Encoding(stack, container, rungs=rungs, gain_db=gain_db, into=into, bounds=bounds)
        for frame in container.decode(encoding.streams):
            if isinstance(frame, VideoFrame):
                encoding.show(frame)
            elif isinstance(frame, AudioFrame):
                encoding.hear(frame)
        encoding.end()


class _Encoding:
    """One decoded video on its way into a file for each rung."""

    def __init__(
        self,
        stack: ExitStack,
        container: InputContainer,
        *,
        rungs: list[Rung],
        gain_db: float,
        into: Path,
        bounds: Bounds,
    ) -> None:
        video, heard = moving_picture(container), sound(container)
        if video is None:
            raise MediaError(DAMAGED)
        video.thread_type = "AUTO"
        rate = _rate(video)
        self.streams: list[av.VideoStream | av.AudioStream] = [video, heard] if heard else [video]
        self._bounds = bounds
        self._files = [_RungFile(stack, rung, into, rate, audible=heard is not None) for rung in rungs]
        self._pictures = _Pictures(video, rate, rungs[-1])
        self._louder = sounds.louder_chain(heard, gain_db) if heard else None
        self._poster = _Poster(into / ladder.POSTERS[-1])

    def show(self, frame: VideoFrame | None) -> None:
        """The next picture; None at the end."""
        for picture in self._pictures.pass_through(frame):
            self._bounds.check(picture.time or 0.0)
            self._poster.consider(picture)
            for file in self._files:
                file.show(picture)

    def hear(self, frame: AudioFrame | None) -> None:
        """The next sound; None at the end."""
        for audible in self._louder.pass_through(frame) if self._louder else ():
            for file in self._files:
                file.hear(audible)

    def end(self) -> None:
        """What filters and encoders still held, and the poster."""
        self.show(None)
        self.hear(None)
        for file in self._files:
            file.end()
        self._poster.save()


def _rate(video: av.VideoStream) -> Fraction:
    """Pictures a second of what is made."""
    stated = video.average_rate or Fraction(ladder.MAX_FRAMES_PER_S)
    return max(Fraction(MIN_FRAMES_PER_S), min(Fraction(ladder.MAX_FRAMES_PER_S), stated))


class _Pictures:
    """A video's pictures upright, of 8 bits and no more than usual brightness, so many a second."""

    def __init__(self, video: av.VideoStream, rate: Fraction, largest: Rung) -> None:
        self._video, self._rate, self._largest = video, rate, largest
        self._chain: FilterChain[VideoFrame] | None = None

    def pass_through(self, frame: VideoFrame | None) -> list[VideoFrame]:
        """As `FilterChain.pass_through`; how it is turned and how bright it is says the first picture."""
        if self._chain is None:
            if frame is None:
                raise MediaError(DAMAGED)
            self._chain = self._chain_for(frame)
        return list(self._chain.pass_through(frame))

    def _chain_for(self, frame: VideoFrame) -> FilterChain[VideoFrame]:
        turns = [("transpose", turn) for turn in _UPRIGHT.get(frame.rotation, ())]
        with toned(frame, self._largest) as tones:
            return picture_chain(self._video, ("fps", str(self._rate)), *turns, *tones, ("format", "yuv420p"))


class _Poster:
    """The picture that stands for a video: the first at `POSTER_AT_S`, or the last before it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._picture: VideoFrame | None = None
        self._settled = False

    def consider(self, picture: VideoFrame) -> None:
        """Pictures come in order."""
        if not self._settled:
            self._picture, self._settled = picture, (picture.time or 0.0) >= POSTER_AT_S

    def save(self) -> None:
        """Raises `MediaError` where there was no picture."""
        if self._picture is None:
            raise MediaError(DAMAGED)
        self._picture.save(self._path, qscale=2)


class _RungFile:
    """One rung as an MP4 that is written."""

    def __init__(self, stack: ExitStack, rung: Rung, into: Path, rate: Fraction, *, audible: bool) -> None:
        path = str(into / f"{rung.name}.mp4")
        self._file = stack.enter_context(av.open(path, "w", format="mp4", options=sounds.MP4_OPTIONS))
        self._rung = rung
        self._video = self._file.add_stream("libx264", rate=rate, options=_h264(rung, rate))
        self._video.width, self._video.height, self._video.pix_fmt = rung.width, rung.height, "yuv420p"
        self._video.codec_context.flags |= Flags.bitexact
        self._audio = sounds.add_aac(self._file) if audible else None

    def show(self, picture: VideoFrame) -> None:
        """The next picture, of any size."""
        scaled = picture.reformat(width=self._rung.width, height=self._rung.height, format="yuv420p")
        self._file.mux(self._video.encode(scaled))

    def hear(self, frame: AudioFrame) -> None:
        """The next sound, of a file that is audible."""
        if self._audio:
            self._file.mux(self._audio.encode(frame))

    def end(self) -> None:
        """What the encoders still held."""
        self._file.mux(self._video.encode(None))
        if self._audio:
            self._file.mux(self._audio.encode(None))


def _h264(rung: Rung, rate: Fraction) -> dict[str, str]:
    most = rung.max_bits_per_s
    return {
        "preset": SPEED,
        "crf": QUALITY,
        "maxrate": str(most),
        "bufsize": str(2 * most),
        "profile": "high",
        "g": str(round(rate * ladder.KEYFRAME_S)),
        "sc_threshold": "0",
    }


def _segment(mp4: Path, playlist: Path) -> None:
    """The MP4's packets as segments beside a playlist of them; nothing is encoded."""
    options = {
        "hls_time": str(ladder.SEGMENT_S),
        "hls_playlist_type": "vod",
        "hls_segment_filename": str(playlist.with_name(f"{playlist.stem}_%05d.ts")),
        "start_number": "1",
    }
    with av.open(str(mp4)) as source, av.open(str(playlist), "w", format="hls", options=options) as output:
        copies = {stream.index: output.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                output.mux(packet)


def _playlist(rungs: list[Rung]) -> str:
    lines = ["#EXTM3U", "#EXT-X-VERSION:3"]
    for rung in rungs:
        bits_per_s = rung.max_bits_per_s + BITS_PER_S
        lines += [
            f"#EXT-X-STREAM-INF:BANDWIDTH={bits_per_s},RESOLUTION={rung.width}x{rung.height}",
            f"{rung.name}.m3u8",
        ]
    return "\n".join(lines) + "\n"
