"""Recordings and documents as telephones, browsers and attackers make them: small, and always the same ones."""

from __future__ import annotations

import io
import math
import struct
from array import array
from collections.abc import Sequence
from fractions import Fraction

import av
import pypdfium2 as pdfium
from av.audio.frame import AudioFrame
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from PIL import Image

from tests.unit.pictures import SECRET, scene

RATE = 48_000
PICTURES_A_S = 25
SOUNDS = {
    "mp3": ("libmp3lame", "audio/mpeg"),
    "ogg": ("libopus", "audio/ogg"),
    "wav": ("pcm_s16le", "audio/wav"),
    "flac": ("flac", "audio/flac"),
    "ipod": ("aac", "audio/mp4"),
    "webm": ("libopus", "audio/webm"),
}
"""Formats by FFmpeg's name for their containers, each with its encoder and its type."""

VIDEOS = {"mp4": "libx264", "mov": "libx264", "webm": "libvpx-vp9"}


def sound(form: str = "mp3", seconds: float = 2.0, level: int = 3_000, *, cover: bool = False) -> bytes:
    """A tone whose second half is half as loud, with metadata; `level` is its amplitude, of 32,767."""
    file = io.BytesIO()
    with av.open(file, "w", format=form, options={"fflags": "+bitexact"}) as output:
        output.metadata.update({"title": SECRET, "location": "+48.8580+002.2945/"})
        stream = _add_sound(output, SOUNDS[form][0])
        picture = _add_cover(output) if cover else None
        for frame in _tone(seconds, level):
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        if picture:
            output.mux(picture)
    return file.getvalue()


def video(
    form: str = "mp4", width: int = 320, height: int = 180, seconds: float = 2.0, *, audible: bool = True
) -> bytes:
    """A picture that moves sideways, with a tone and metadata. Its first half second is black."""
    file = io.BytesIO()
    with av.open(file, "w", format=form, options={"fflags": "+bitexact"}) as output:
        output.metadata.update({"title": SECRET, "location": "+48.8580+002.2945/", "comment": SECRET})
        stream = _add_pictures(output, VIDEOS[form], width, height)
        heard = _add_sound(output, "libopus" if form == "webm" else "aac") if audible else None
        for frame in _moving(width, height, seconds):
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        if heard:
            for each in _tone(seconds, 3_000):
                output.mux(heard.encode(each))
            output.mux(heard.encode(None))
    return file.getvalue()


def document(pages: int = 3, width: float = 595, height: float = 842) -> bytes:
    """Empty pages of that size, in points."""
    made = pdfium.PdfDocument.new()
    for _ in range(pages):
        made.new_page(width, height)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def locked_document() -> bytes:
    """A PDF that asks for a password: its trailer names an encryption that no password opens."""
    plain = document(1)
    key = b"<</Filter/Standard/V 1/R 2/P -4/O<" + b"41" * 32 + b">/U<" + b"42" * 32 + b">>>"
    return plain.replace(b"/Root", b"/Encrypt " + key + b"/Root")


def metadata_of(body: bytes) -> dict[str, str]:
    """All of a recording and its streams, but what names its container and its tracks' kinds."""
    with av.open(io.BytesIO(body), "r") as container:
        told = {**container.metadata}
        for stream in container.streams:
            told |= stream.metadata
    return {name: value for name, value in told.items() if name not in _OF_THE_CONTAINER}


_OF_THE_CONTAINER = {"major_brand", "minor_version", "compatible_brands", "language", "handler_name"}


def _tone(seconds: float, level: int) -> list[AudioFrame]:
    samples = RATE // PICTURES_A_S
    frames = []
    for at in range(round(seconds * PICTURES_A_S)):
        loud = level if at < seconds * PICTURES_A_S / 2 else level // 2
        wave = (round(loud * math.sin((at * samples + each) / 20)) for each in range(samples))
        frame = AudioFrame(format="s16", layout="stereo", samples=samples)
        frame.sample_rate, frame.pts, frame.time_base = RATE, at * samples, Fraction(1, RATE)
        frame.planes[0].update(array("h", [each for value in wave for each in (value, value)]).tobytes())
        frames.append(frame)
    return frames


def _moving(width: int, height: int, seconds: float) -> list[VideoFrame]:
    picture = scene(width, height)
    frames = []
    for at in range(round(seconds * PICTURES_A_S)):
        shown = Image.new("RGB", (width, height)) if at < PICTURES_A_S / 2 else picture
        frame = _frame_of(shown)
        frame.pts, frame.time_base = at, Fraction(1, PICTURES_A_S)
        frames.append(frame)
    return frames


def _add_cover(output: OutputContainer) -> Sequence[Packet[av.VideoStream]]:
    """Its packets belong behind those of the sound."""
    stream = _add_pictures(output, "mjpeg", 64, 64, "yuvj420p")
    stream.disposition = Disposition.attached_pic
    frame = _frame_of(scene(64, 64), "yuvj420p")
    frame.pts = 0
    return stream.encode(frame)


def _add_sound(output: OutputContainer, codec: str) -> av.AudioStream:
    stream = output.add_stream(codec, rate=RATE)
    assert isinstance(stream, av.AudioStream)
    stream.layout = "stereo"
    return stream


def _add_pictures(
    output: OutputContainer, codec: str, width: int, height: int, pixels: str = "yuv420p"
) -> av.VideoStream:
    stream = output.add_stream(codec, rate=PICTURES_A_S)
    assert isinstance(stream, av.VideoStream)
    stream.width, stream.height, stream.pix_fmt = width, height, pixels
    return stream


def _frame_of(image: Image.Image, pixels: str = "yuv420p") -> VideoFrame:
    frame: VideoFrame = VideoFrame.from_image(image)  # type: ignore[no-untyped-call]  # Pillow's, untyped there
    return frame.reformat(format=pixels)


def turned(mp4: bytes) -> bytes:
    """The same video as a telephone writes it that was held upright: its pictures lie on their side."""
    straight = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    on_its_side = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
    at = mp4.index(straight, mp4.index(b"tkhd"))
    return mp4[:at] + on_its_side + mp4[at + len(straight) :]


def endless(hours: int) -> bytes:
    """A video of two pictures, the second of which comes after so many hours."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        stream = _add_pictures(output, "libx264", 320, 180)
        for at, frame in zip((0, hours * 3600 * PICTURES_A_S), _moving(320, 180, 2 / PICTURES_A_S), strict=True):
            frame.pts = at
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()
