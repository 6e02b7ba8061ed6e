"""What videos, sounds and documents cost their functions: the second table of `python -m loadtest.media_bench`.

Each is made anew, and processed once in a process of its own. Seconds are of the processor, of all its cores together:
a function of two cores waits for about half of them. `saved` is what is not loaded by who watches the smallest rung, or
plays what is served, against the upload; of a document it is what its picture in a list saves.
"""

from __future__ import annotations

import io
import math
import multiprocessing
import resource
import tempfile
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
from av.video.frame import VideoFrame
from PIL import Image

from chat import file_signatures
from chat.imaging import pages
from chat.imaging.variants import make_variants
from chat.recordings import inspection, sounds, videos
from chat.recordings.inspection import Limits

RATE = 48_000
PICTURES_A_S = 30
LIMITS = Limits(video_s=3600)


@dataclass(frozen=True)
class Figures:
    """One file's row. `served_bytes` are all that is stored, `loaded_bytes` what one viewer loads of it."""

    upload_bytes: int
    inspect_s: float
    made_s: float
    peak_mb: float
    served_bytes: int
    loaded_bytes: int

    @property
    def saved(self) -> float:
        """The part of the upload that is not loaded."""
        return 1 - self.loaded_bytes / self.upload_bytes


def film(seconds: int, shades: Callable[[int, int], Image.Image]) -> bytes:
    """Full HD with sound, as a telephone writes it: 17 Mbit/s. The view wanders over a larger picture."""
    file, picture = io.BytesIO(), shades(2560, 1440)
    with av.open(file, "w", format="mp4") as output:
        video = output.add_stream("libx264", rate=PICTURES_A_S, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt, video.bit_rate = 1920, 1080, "yuv420p", 17_000_000
        audio = output.add_stream("aac", rate=RATE)
        audio.layout = "stereo"
        for at in range(seconds * PICTURES_A_S):
            left = round(320 + 300 * math.sin(at / 40))
            view = picture.crop((left, at % 360, left + 1920, at % 360 + 1080))
            frame: VideoFrame = VideoFrame.from_image(view)  # type: ignore[no-untyped-call]
            frame.pts = at
            output.mux(video.encode(frame.reformat(format="yuv420p")))
            output.mux(audio.encode(_tone(at, RATE // PICTURES_A_S)))
        output.mux(video.encode(None))
        output.mux(audio.encode(None))
    return file.getvalue()


def song(seconds: int) -> bytes:
    """An MP3 of 320 kbit/s."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as output:
        stream = output.add_stream("libmp3lame", rate=RATE)
        stream.layout, stream.bit_rate = "stereo", 320_000
        for at in range(seconds * PICTURES_A_S):
            output.mux(stream.encode(_tone(at, RATE // PICTURES_A_S)))
        output.mux(stream.encode(None))
    return file.getvalue()


def paper(count: int, shades: Callable[[int, int], Image.Image]) -> bytes:
    """A PDF of scanned pages."""
    file = io.BytesIO()
    first, *others = (shades(1240, 1754) for _ in range(count))
    first.save(file, "PDF", save_all=True, append_images=others)
    return file.getvalue()


def measure(make: Callable[[], bytes]) -> Figures:
    """Makes the file in another process, so that only processing it counts here."""
    with multiprocessing.get_context("spawn").Pool(1) as maker:
        body = maker.apply(make)
    with multiprocessing.get_context("spawn").Pool(1) as processor:
        return processor.apply(_process, (body,))


def _process(body: bytes) -> Figures:
    started_s = time.process_time()
    demuxer = file_signatures.signature_of(body).demuxer
    facts = inspection.inspect(io.BytesIO(body), demuxer, LIMITS) if demuxer else pages.inspect(body)
    inspected_s = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        if facts.kind == "video":
            served, loaded = _transcode(body, demuxer or "", (facts.width, facts.height), Path(folder))
        elif facts.kind == "audio":
            served = loaded = _encode(body, demuxer or "", Path(folder))
        else:
            variants = make_variants(pages.first_page(body)).encoded
            served, loaded = len(body) + sum(len(each.body) for each in variants), len(variants[0].body)
    made_s = time.process_time() - inspected_s
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Figures(len(body), inspected_s - started_s, made_s, peak_mb, served, loaded)


def _transcode(body: bytes, demuxer: str, size: tuple[int, int], folder: Path) -> tuple[int, int]:
    bounds = videos.Bounds(LIMITS.video_s, time.monotonic() + 3600, time.monotonic)
    videos.transcode(io.BytesIO(body), demuxer, size, folder, bounds)
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    return sum(sizes.values()), sum(size for name, size in sizes.items() if name.startswith("hls_360_"))


def _encode(body: bytes, demuxer: str, folder: Path) -> int:
    measured = sounds.measure(io.BytesIO(body), demuxer, LIMITS.sound_s)
    sounds.encode(io.BytesIO(body), demuxer, measured.gain_db, folder / "sound.m4a")
    return (folder / "sound.m4a").stat().st_size


def _tone(at: int, samples: int) -> av.AudioFrame:
    wave = (round(8_000 * math.sin((at * samples + each) / 20)) for each in range(samples))
    frame = av.AudioFrame(format="s16", layout="stereo", samples=samples)
    frame.sample_rate, frame.pts = RATE, at * samples
    frame.planes[0].update(array("h", [each for value in wave for each in (value, value)]).tobytes())
    return frame
