"""Files as phones, cameras and attackers make them, and how much two pictures look alike."""

from __future__ import annotations

import io
import random
import struct
import zipfile

from PIL import Image, ImageCms, ImageDraw

LATITUDE, LONGITUDE = (48.0, 51.0, 29.6), (2.0, 17.0, 40.2)
SECRET = "Ada's cellar"
"""Stands in each kind of metadata that is put into a file here."""


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    """A file of that format."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def halves(width: int = 1200, height: int = 800, mode: str = "RGB") -> Image.Image:
    """Red on its left half, blue on its right."""
    image = Image.new(mode, (width, height), "red")
    image.paste("blue", (width // 2, 0, width, height))
    return image


def scene(width: int = 540, height: int = 360) -> Image.Image:
    """Soft shades, edges and a little noise, as a photo has them; always the same one."""
    chance = random.Random(7)  # noqa: S311 - a picture
    shades = Image.frombytes("RGB", (12, 8), bytes(chance.randrange(256) for _ in range(12 * 8 * 3)))
    image = shades.resize((width, height), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y, size = chance.randrange(width), chance.randrange(height), chance.randrange(20, max(21, width // 6))
        draw.ellipse((x, y, x + size, y + size), fill=tuple(chance.randrange(256) for _ in range(3)))
    return image


def located(orientation: int = 1) -> Image.Exif:
    """EXIF data as a phone's camera writes it: with the place, and who it was."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x013B] = SECRET
    place = exif.get_ifd(0x8825)
    place.update({1: "N", 2: LATITUDE, 3: "E", 4: LONGITUDE})
    return exif


def phone_photo(orientation: int = 1) -> bytes:
    """A JPEG with all the metadata that a JPEG can have."""
    xmp = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{SECRET}</x:xmpmeta>".encode()
    return encoded(scene(), "JPEG", exif=located(orientation), comment=SECRET.encode(), xmp=xmp, icc_profile=srgb())


def srgb() -> bytes:
    """A colour profile that changes nothing."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """A colour profile in which red stands for green and green for red."""
    profile = bytearray(srgb())
    (count,) = struct.unpack_from(">I", profile, 128)
    places = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    red, green = places[b"rXYZ"], places[b"gXYZ"]
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


def animation(form: str = "GIF", frames: int = 4, width: int = 640, height: int = 360) -> bytes:
    """A square that wanders over a green ground; each frame lasts 10 ms longer than the one before it."""
    pictures = []
    for at in range(frames):
        picture = Image.new("RGB", (width, height), "green")
        left, top = at * 20 % (width - 40), at * 10 % (height - 40)
        picture.paste("yellow", (left, top, left + 40, top + 40))
        pictures.append(picture)
    durations = [100 + 10 * at for at in range(frames)]
    return encoded(pictures[0], form, save_all=True, append_images=pictures[1:], duration=durations, loop=0)


def archive() -> bytes:
    """A ZIP file, which may stand behind anything."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("payload.txt", "hello")
    return buffer.getvalue()


def similarity(one: Image.Image, other: Image.Image) -> float:
    """Structural similarity of two pictures, 1 for the same one (Wang et al. 2004), by windows of 8 by 8 pixels.

    Both are scaled down to a side of 160 pixels at most; colours are left out.
    """
    scale = 160 / max(one.size)
    size = (round(one.width * scale), round(one.height * scale))
    first, second = (image.convert("RGB").convert("L").resize(size, Image.Resampling.BOX) for image in (one, other))
    windows = [(x, y, x + 8, y + 8) for y in range(0, size[1] - 7, 8) for x in range(0, size[0] - 7, 8)]
    return sum(_window(first.crop(box).tobytes(), second.crop(box).tobytes()) for box in windows) / len(windows)


def _window(one: bytes, other: bytes) -> float:
    count = len(one)
    mean, mean_other = sum(one) / count, sum(other) / count
    variance = sum((value - mean) ** 2 for value in one) / count
    variance_other = sum((value - mean_other) ** 2 for value in other) / count
    covariance = sum((a - mean) * (b - mean_other) for a, b in zip(one, other, strict=True)) / count
    steady, contrast = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return ((2 * mean * mean_other + steady) * (2 * covariance + contrast)) / (
        (mean**2 + mean_other**2 + steady) * (variance + variance_other + contrast)
    )
