"""What an upload costs the functions that make of it what is shown: `python -m loadtest.media_bench [--runs N]`.

Each file is made anew and processed in a process of its own, so that its peak of memory is its own: the libraries and
the file's pixels, but not the AWS SDK, some 60 MB more. Seconds are of the processor, of all cores together, and of the
run that needed least. `saved` is what is not loaded of the upload: by a telephone that shows an image in its list and
then in full (AVIF of 480 and of 960 pixels), by who watches a video's smallest rung or plays a sound, and of a document
by who sees its picture in a list. Pictures are shades with noise, which compress worse than most photos do. `$` is for
a thousand such uploads (`loadtest.media_costs`). `--only` takes files whose names begin so. Prints a table and writes
`build/media-bench.json`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import platform
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from chat import file_signatures
from chat.imaging import inspection, pages
from chat.imaging.variants import ANIMATED_PX, make_variants
from chat.media_facts import Facts
from chat.recordings import inspection as recordings
from chat.recordings import sounds, videos
from chat.shown_media import SOUND_MP4
from loadtest import media_costs, media_samples

OUTPUT = Path("build/media-bench.json")
LIMITS = recordings.Limits(video_s=3600)

HEADER = (
    "| file | upload MB | inspect s | peak MB | made s | peak MB | stored: MB | saved | $ |\n"
    "|---|---|---|---|---|---|---|---|---|"
)

Done = TypeVar("Done")


@dataclass(frozen=True)
class Work:
    """What one function did: seconds of the processor, and the most memory that its process had."""

    cpu_s: float
    peak_mb: float


@dataclass(frozen=True)
class Made:
    """What is stored of a file, and how much of it one viewer loads."""

    objects: int
    stored_bytes: int
    loaded_bytes: int


@dataclass(frozen=True)
class Figures:
    """One file's row."""

    upload_bytes: int
    inspected: Work
    making: Work
    made: Made
    dollars_a_thousand: float

    @property
    def saved(self) -> float:
        """The part of the upload that is not loaded."""
        return 1 - self.made.loaded_bytes / self.upload_bytes


FILES: dict[str, Callable[[], bytes]] = {
    "photo, JPEG, 12 megapixels": partial(media_samples.photo, 4032, 3024, "JPEG", quality=92),
    "photo, JPEG, 48 megapixels": partial(media_samples.photo, 8064, 5952, "JPEG", quality=85),
    "photo, AVIF, 12 megapixels": partial(media_samples.photo, 4032, 3024, "AVIF", quality=75, speed=10),
    "drawing, PNG, 50 megapixels, transparent": partial(media_samples.drawing, 8160, 6120),
    "photo, PNG, 3 megapixels": partial(media_samples.photo, 2016, 1512, "PNG"),
    "screenshot, PNG, 3 megapixels": media_samples.screenshot,
    "animation, GIF, 30 frames": partial(media_samples.moving, 30),
    "sound, a minute, MP3": partial(media_samples.song, 60),
    "document, 20 scanned pages": partial(media_samples.paper, 20),
    "video, ten seconds of 1080p, H.264": partial(media_samples.film, 10, 1920, 1080),
    "video, two seconds of 4K, H.264": partial(media_samples.film, 2, 3840, 2160),
}


def measure(name: str, runs: int) -> Figures:
    """Makes the file in another process; each step of processing has one of its own as well."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        _in_own_process(_make, name, path)
        facts, inspected = _in_own_process(_inspect, path, runs)
        made, making = _in_own_process(_process, path, facts, runs)
        dollars = media_costs.of_upload(facts, inspected.cpu_s, making.cpu_s, made.objects)
        return Figures(path.stat().st_size, inspected, making, made, 1_000 * dollars)


def _in_own_process(work: Callable[..., Done], *given: object) -> Done:
    with multiprocessing.get_context("spawn").Pool(1) as process:
        return process.apply(work, given)


def _make(name: str, path: Path) -> None:
    path.write_bytes(FILES[name]())


def _inspect(path: Path, runs: int) -> tuple[Facts, Work]:
    return _best(runs, lambda: _facts(path))


def _facts(path: Path) -> Facts:
    """As the function `media.inspect` looks: only a recording is read piece by piece."""
    with path.open("rb") as file:
        signature = file_signatures.signature_of(file.read(file_signatures.HEAD_BYTES))
        file.seek(0)
        if signature.demuxer:
            return recordings.inspect(file, signature.demuxer, LIMITS)
        inspect = pages.inspect if signature == file_signatures.DOCUMENT else inspection.inspect
        return inspect(file.read())


def _process(path: Path, facts: Facts, runs: int) -> tuple[Made, Work]:
    makers: dict[str, Callable[[Path], Made]] = {
        "image": _picture,
        "document": _document,
        "audio": _sound,
        "video": partial(_video, facts),
    }
    make = makers[facts.kind]
    # A video takes minutes: it is converted once.
    return _best(1 if facts.kind == "video" else runs, lambda: make(path))


def _best(runs: int, work: Callable[[], Done]) -> tuple[Done, Work]:
    """What came of the last run, the seconds of the shortest, the memory of all."""
    taken_s = []
    for _ in range(runs):
        started_s = time.process_time()
        done = work()
        taken_s.append(time.process_time() - started_s)
    return done, Work(min(taken_s), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _picture(path: Path) -> Made:
    made = make_variants(path.read_bytes()).encoded
    best = [
        next((each for each in made if max(each.width, each.height) >= longest), made[-1]) for longest in ANIMATED_PX
    ]
    return Made(len(made), sum(len(each.body) for each in made), sum({len(each.body) for each in best}))


def _document(path: Path) -> Made:
    body = path.read_bytes()
    made = make_variants(pages.first_page(body)).encoded
    stored_bytes = len(body) + sum(len(each.body) for each in made)
    return Made(1 + len(made), stored_bytes, len(made[0].body))


def _sound(path: Path) -> Made:
    with path.open("rb") as file, tempfile.TemporaryDirectory() as folder:
        demuxer = file_signatures.demuxer_of(file)
        measured = sounds.measure(file, demuxer, LIMITS.sound_s)
        file.seek(0)
        made = Path(folder) / SOUND_MP4.name
        sounds.encode(file, demuxer, measured.gain_db, made)
        return Made(1, made.stat().st_size, made.stat().st_size)


def _video(facts: Facts, path: Path) -> Made:
    with path.open("rb") as file, tempfile.TemporaryDirectory() as folder:
        bounds = videos.Bounds(LIMITS.video_s, time.monotonic() + 3 * LIMITS.video_s, time.monotonic)
        demuxer = file_signatures.demuxer_of(file)
        videos.transcode(file, demuxer, (facts.width, facts.height), Path(folder), bounds)
        sizes = {made.name: made.stat().st_size for made in Path(folder).iterdir()}
        return Made(len(sizes), sum(sizes.values()), sum(sizes[name] for name in sizes if name.startswith("hls_360_")))


def main() -> None:
    """Measures all files, or those that were asked for."""
    parser = argparse.ArgumentParser(description="What an upload costs the functions that make of it what is shown.")
    parser.add_argument("--runs", type=int, default=3, help="runs of each file but videos, of which the best counts")
    parser.add_argument("--only", default="", help="the first letters of the files' names")
    asked = parser.parse_args()
    print(HEADER)
    rows = {}
    for name in (each for each in FILES if each.startswith(asked.only)):
        rows[name] = measure(name, asked.runs)
        print(f"| {name} | {_row(rows[name])} |", flush=True)
    OUTPUT.parent.mkdir(exist_ok=True)
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    OUTPUT.write_text(json.dumps({"machine": machine, "files": {k: asdict(v) for k, v in rows.items()}}, indent=2))


def _row(row: Figures) -> str:
    cells = [
        f"{row.upload_bytes / 1e6:.1f}",
        f"{row.inspected.cpu_s:.2f}",
        f"{row.inspected.peak_mb:.0f}",
        f"{row.making.cpu_s:.2f}",
        f"{row.making.peak_mb:.0f}",
        f"{row.made.objects}: {row.made.stored_bytes / 1e6:.2f}",
        f"{row.saved:.0%}",
        f"{row.dollars_a_thousand:.2f}",
    ]
    return " | ".join(cells)


if __name__ == "__main__":
    main()
