"""Files as telephones, cameras and scanners make them, large ones: what `loadtest.media_bench` measures."""

from __future__ import annotations

import io
import math
from array import array

import av
from av.video.frame import VideoFrame
from PIL import Image, ImageDraw

RATE = 48_000
PICTURES_A_S = 30


def shades(width: int, height: int) -> Image.Image:
    """Large soft forms, smaller ones, and the grain of a sensor."""
    channels = []
    for _ in range(3):
        forms = Image.effect_noise((width // 64, height // 64), 90).resize((width, height), Image.Resampling.BICUBIC)
        grain = Image.effect_noise((width // 2, height // 2), 20).resize((width, height), Image.Resampling.BICUBIC)
        channels.append(Image.blend(forms, grain, 0.2))
    return Image.merge("RGB", channels)


def photo(width: int, height: int, form: str, **options: object) -> bytes:
    """A file of that format."""
    return _encoded(shades(width, height), form, **options)


def screenshot() -> bytes:
    """A telephone's: few colours, much of the same."""
    return _encoded(shades(1170, 2532).quantize(64).convert("RGB"), "PNG")


def drawing(width: int, height: int) -> bytes:
    """A disc and nothing around it: few bytes, and all of its pixels."""
    image = Image.new("RGBA", (width, height))
    ImageDraw.Draw(image).ellipse((width // 8, height // 8, width, height), fill=(120, 40, 40, 255))
    return _encoded(image, "PNG")


def moving(frames: int) -> bytes:
    """A GIF of 640 by 360 pixels, 10 frames a second."""
    pictures = [shades(640, 360).convert("P", palette=Image.Palette.ADAPTIVE, colors=64) for _ in range(frames)]
    return _encoded(pictures[0], "GIF", save_all=True, append_images=pictures[1:], duration=100, loop=0)


def film(seconds: int, width: int, height: int) -> bytes:
    """With sound, as a telephone writes it: 17 Mbit/s of Full HD. The view wanders over a larger picture."""
    file, picture = io.BytesIO(), shades(width + 640, height + 360)
    with av.open(file, "w", format="mp4") as output:
        video = output.add_stream("libx264", rate=PICTURES_A_S, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.bit_rate = 17_000_000 * width * height // (1920 * 1080)
        audio = output.add_stream("aac", rate=RATE)
        audio.layout = "stereo"
        for at in range(seconds * PICTURES_A_S):
            left = round(320 + 300 * math.sin(at / 40))
            view = picture.crop((left, at % 360, left + width, at % 360 + height))
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


def paper(count: int) -> bytes:
    """A PDF of scanned pages."""
    file = io.BytesIO()
    first, *others = (shades(1240, 1754) for _ in range(count))
    first.save(file, "PDF", save_all=True, append_images=others)
    return file.getvalue()


def _encoded(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def _tone(at: int, samples: int) -> av.AudioFrame:
    wave = (round(8_000 * math.sin((at * samples + each) / 20)) for each in range(samples))
    frame = av.AudioFrame(format="s16", layout="stereo", samples=samples)
    frame.sample_rate, frame.pts = RATE, at * samples
    frame.planes[0].update(array("h", [each for value in wave for each in (value, value)]).tobytes())
    return frame
