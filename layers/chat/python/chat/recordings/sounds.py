"""The form that a sound is played in: AAC in MP4, as loud as all others, without anything that is no sound.

AAC in MP4 is what every browser and telephone plays; Opus would be smaller, and is not played everywhere. Loudness is
measured as broadcasters do (EBU R 128, ITU-R BS.1770) in a first pass, and set by one factor in a second: what is soft
and loud within a recording stays so.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.codec.context import Flags
from av.container import InputContainer, OutputContainer

from chat.file_signatures import File
from chat.media import MediaError
from chat.recordings.containers import DAMAGED, opened, sound
from chat.recordings.filters import FilterChain, sound_chain
from chat.recordings.inspection import refuse_length
from chat.recordings.sound_levels import BITS_PER_S, LOUDNESS_LUFS, PEAK_DB, SAMPLE_RATE

MOST_GAIN_DB = 20.0
"""What is softer still is mostly noise."""

SILENCE_LUFS = -70.0
"""Below it nothing is measured (EBU R 128's absolute gate)."""

PEAKS = 64
"""Bars of a waveform: as many as a bubble in a list has place for."""

_PEAK_RATE = 8_000
_BLOCK_SAMPLES = 160
"""20 ms, of which the loudest sample counts."""


@dataclass(frozen=True)
class Measured:
    """A sound that was listened to once. `peaks` are `PEAKS` bytes, the loudest of them 255 but for silence."""

    duration_ms: int
    loudness_lufs: float
    peaks: bytes

    @property
    def gain_db(self) -> float:
        """What makes it as loud as others."""
        if self.loudness_lufs <= SILENCE_LUFS:
            return 0.0
        return max(-MOST_GAIN_DB, min(MOST_GAIN_DB, LOUDNESS_LUFS - self.loudness_lufs))


def measure(file: File, demuxer: str, most_s: int) -> Measured:
    """Decodes all of it. Raises `MediaError` for what is damaged, or longer than its container said."""
    meter, integrated_lufs = _Meter(), -math.inf
    with opened(file, demuxer) as container:
        stream = _stream(container)
        loudness = sound_chain(stream, ("ebur128", "metadata=1"))
        for frame in container.decode(stream):
            refuse_length(meter.add(frame), most_s, "recording")
            for heard in loudness.pass_through(frame):
                integrated_lufs = float(heard.metadata.get("lavfi.r128.I", integrated_lufs))
    if not meter.duration_ms:
        raise MediaError(DAMAGED)
    return Measured(meter.duration_ms, integrated_lufs, meter.peaks())


def encode(file: File, demuxer: str, gain_db: float, made: Path) -> None:
    """Writes the MP4, its index in front, so that it plays while it loads. The same input gives the same bytes."""
    with opened(file, demuxer) as container, av.open(str(made), "w", format="mp4", options=MP4_OPTIONS) as output:
        stream = _stream(container)
        encoded, louder = add_aac(output), louder_chain(stream, gain_db)
        for frame in chain(container.decode(stream), [None]):
            for heard in louder.pass_through(frame):
                output.mux(encoded.encode(heard))
        output.mux(encoded.encode(None))


MP4_OPTIONS = {"movflags": "+faststart", "fflags": "+bitexact"}
"""`bitexact`: neither the encoder's name nor the time of day are written."""


def add_aac(output: OutputContainer) -> av.AudioStream:
    """The sound's stream in a file that is written."""
    encoded = output.add_stream("aac", rate=SAMPLE_RATE)
    encoded.layout = "stereo"
    encoded.bit_rate = BITS_PER_S
    encoded.codec_context.flags |= Flags.bitexact
    return encoded


def louder_chain(stream: av.AudioStream, gain_db: float) -> FilterChain[AudioFrame]:
    """Makes it louder or softer, lets no peak above `PEAK_DB`, and gives it as the encoder takes it."""
    return sound_chain(
        stream,
        ("volume", f"{gain_db:.2f}dB"),
        ("alimiter", f"limit={10 ** (PEAK_DB / 20):.4f}:level=false"),
        ("aformat", f"sample_fmts=fltp:sample_rates={SAMPLE_RATE}:channel_layouts=stereo"),
    )


def _stream(container: InputContainer) -> av.AudioStream:
    stream = sound(container)
    if stream is None:
        raise MediaError(DAMAGED)
    return stream


class _Meter:
    """Keeps the loudest sample of each block of a sound whose length is not known before its end."""

    def __init__(self) -> None:
        self._resampler = AudioResampler(format="s16", layout="mono", rate=_PEAK_RATE)
        self._samples = array("h")
        self._blocks = array("h")

    def add(self, frame: AudioFrame) -> int:
        """Returns the milliseconds until here."""
        for small in self._resampler.resample(frame):
            self._samples.frombytes(bytes(small.planes[0])[: small.samples * 2])
        whole = len(self._samples) - len(self._samples) % _BLOCK_SAMPLES
        for at in range(0, whole, _BLOCK_SAMPLES):
            block = self._samples[at : at + _BLOCK_SAMPLES]
            self._blocks.append(min(max(map(abs, block)), 2**15 - 1))
        del self._samples[:whole]
        return self.duration_ms

    @property
    def duration_ms(self) -> int:
        """Of all that was added."""
        return (len(self._blocks) * _BLOCK_SAMPLES + len(self._samples)) * 1000 // _PEAK_RATE

    def peaks(self) -> bytes:
        """`PEAKS` of them, as tall as the tallest allows."""
        blocks = self._blocks or array("h", [0])
        count = len(blocks)
        spans = ((at * count // PEAKS, max(at * count // PEAKS + 1, (at + 1) * count // PEAKS)) for at in range(PEAKS))
        tallest = [max(blocks[first:end]) for first, end in spans]
        most = max(tallest) or 1
        return bytes(peak * 255 // most for peak in tallest)
