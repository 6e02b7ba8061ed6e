"""What an upload costs the functions that make of it what is shown: `python -m loadtest.media_bench [--runs N]`.

Each picture is made anew and processed in a process of its own, so that its peak of memory is its own. Seconds are of
the processor, and of the run that needed least: the function has one core. `saved` is what a telephone does not load
that shows an image in its list and then in full: the AVIF of 480 and that of 960 pixels, against the upload. Pictures
are shades with noise, which compress worse than most photos do. Prints two tables and writes `build/media-bench.json`.
What is no image stands in the second: `loadtest.recording_bench`.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import platform
import resource
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from PIL import Image

from chat.imaging import inspection
from chat.imaging.variants import ANIMATED_PX, make_variants
from loadtest import recording_bench

OUTPUT = Path("build/media-bench.json")


@dataclass(frozen=True)
class Figures:
    """One picture's row."""

    upload_bytes: int
    inspect_s: float
    variants_s: float
    peak_mb: float
    variants: int
    variants_bytes: int
    telephone_bytes: int

    @property
    def saved(self) -> float:
        """The part of the upload that a telephone does not load."""
        return 1 - self.telephone_bytes / self.upload_bytes


def shades(width: int, height: int) -> Image.Image:
    """Large soft forms, smaller ones, and the grain of a sensor."""
    channels = []
    for _ in range(3):
        forms = Image.effect_noise((width // 64, height // 64), 90).resize((width, height), Image.Resampling.BICUBIC)
        grain = Image.effect_noise((width // 2, height // 2), 20).resize((width, height), Image.Resampling.BICUBIC)
        channels.append(Image.blend(forms, grain, 0.2))
    return Image.merge("RGB", channels)


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    """A file of that format."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def moving(frames: int) -> bytes:
    """A GIF of 640 by 360 pixels, 10 frames a second."""
    pictures = [shades(640, 360).convert("P", palette=Image.Palette.ADAPTIVE, colors=64) for _ in range(frames)]
    return encoded(pictures[0], "GIF", save_all=True, append_images=pictures[1:], duration=100, loop=0)


PICTURES: dict[str, Callable[[], bytes]] = {
    "photo, 12 megapixels": lambda: encoded(shades(4032, 3024), "JPEG", quality=92),
    "photo, 48 megapixels": lambda: encoded(shades(8064, 5952), "JPEG", quality=85),
    "screenshot, PNG, 3 megapixels": lambda: encoded(shades(1170, 2532).quantize(64).convert("RGB"), "PNG"),
    "animation, GIF, 100 frames": lambda: moving(100),
}


RECORDINGS: dict[str, Callable[[], bytes]] = {
    "video, a minute of 1080p": partial(recording_bench.film, 60, shades),
    "song, three minutes": partial(recording_bench.song, 180),
    "document, 20 scanned pages": partial(recording_bench.paper, 20, shades),
}


def measure(name: str, runs: int) -> Figures:
    """Makes the picture in another process, so that only processing it counts here, and takes the best run."""
    with multiprocessing.get_context("spawn").Pool(1) as maker:
        body = maker.apply(_make, (name,))
    with multiprocessing.get_context("spawn").Pool(1) as processor:
        return processor.apply(_process, (body, runs))


def _make(name: str) -> bytes:
    return PICTURES[name]()


def _process(body: bytes, runs: int) -> Figures:
    inspect_s = min(_cpu_s(lambda: inspection.inspect(body)) for _ in range(runs))
    variants_s = min(_cpu_s(lambda: make_variants(body)) for _ in range(runs))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    made = make_variants(body).encoded
    best = [next(each for each in made if max(each.width, each.height) >= longest) for longest in ANIMATED_PX]
    return Figures(
        upload_bytes=len(body),
        inspect_s=inspect_s,
        variants_s=variants_s,
        peak_mb=peak_mb,
        variants=len(made),
        variants_bytes=sum(len(each.body) for each in made),
        telephone_bytes=sum({len(each.body) for each in best}),
    )


def _cpu_s(work: Callable[[], object]) -> float:
    started_s = time.process_time()
    work()
    return time.process_time() - started_s


def main() -> None:
    """Measures all pictures, then what is none."""
    parser = argparse.ArgumentParser(description="What an upload costs the functions that make of it what is shown.")
    parser.add_argument("--runs", type=int, default=3, help="runs of each picture, of which the best counts")
    runs = parser.parse_args().runs
    print("| picture | upload MB | inspect s | variants s | peak MB | variants MB | saved |")
    print("|---|---|---|---|---|---|---|")
    rows = {}
    for name in PICTURES:
        row = rows[name] = measure(name, runs)
        costs = f"{row.upload_bytes / 1e6:.1f} | {row.inspect_s:.3f} | {row.variants_s:.2f} | {row.peak_mb:.0f}"
        print(f"| {name} | {costs} | {row.variants}: {row.variants_bytes / 1e6:.2f} | {row.saved:.0%} |", flush=True)
    print("\n| file | upload MB | inspect s | made s | peak MB | stored MB | saved |")
    print("|---|---|---|---|---|---|---|")
    others = {}
    for name, make in RECORDINGS.items():
        made = others[name] = recording_bench.measure(make)
        costs = f"{made.upload_bytes / 1e6:.1f} | {made.inspect_s:.2f} | {made.made_s:.1f} | {made.peak_mb:.0f}"
        print(f"| {name} | {costs} | {made.served_bytes / 1e6:.1f} | {made.saved:.0%} |", flush=True)
    OUTPUT.parent.mkdir(exist_ok=True)
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    measured = {
        name: {k: asdict(v) for k, v in found.items()} for name, found in (("pictures", rows), ("others", others))
    }
    OUTPUT.write_text(json.dumps({"machine": machine, **measured}, indent=2))


if __name__ == "__main__":
    main()
