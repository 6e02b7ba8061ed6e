"""Thumbnails of real files: upright, small, and refused where the bytes are no image."""

import io

import pytest
from PIL import Image

from chat.imaging import make_thumbnail
from chat.media import MediaError


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def picture(width: int = 1200, height: int = 800, mode: str = "RGB") -> Image.Image:
    """Red on its left half, blue on its right."""
    image = Image.new(mode, (width, height), "red")
    image.paste("blue", (width // 2, 0, width, height))
    return image


@pytest.mark.parametrize(
    ("form", "content_type"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("GIF", "image/gif")],
)
def test_a_thumbnail_keeps_the_shape_and_the_colours(form: str, content_type: str) -> None:
    made = make_thumbnail(encoded(picture(), form))
    assert (made.width, made.height) == (480, 320)
    assert (made.original_type, made.original_width, made.original_height) == (content_type, 1200, 800)
    small = Image.open(io.BytesIO(made.body)).convert("RGB")
    assert small.format is None
    assert small.size == (480, 320)
    left, right = small.getpixel((20, 160)), small.getpixel((460, 160))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[0] > 200
    assert left[2] < 60
    assert right[2] > 200
    assert right[0] < 60


def test_a_small_image_is_not_enlarged() -> None:
    made = make_thumbnail(encoded(picture(40, 30), "PNG"))
    assert (made.width, made.height) == (40, 30)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    made = make_thumbnail(encoded(picture(), "JPEG", exif=exif))
    sideways = orientation >= 5
    assert (made.original_width, made.original_height) == ((800, 1200) if sideways else (1200, 800))
    assert (made.width, made.height) == ((320, 480) if sideways else (480, 320))


def test_transparency_survives() -> None:
    image = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    made = make_thumbnail(encoded(image, "PNG"))
    assert Image.open(io.BytesIO(made.body)).convert("RGBA").getpixel((50, 50)) == (0, 0, 0, 0)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "CMYK", "I;16"])
def test_unusual_colour_modes_are_shown(mode: str) -> None:
    form = "JPEG" if mode == "CMYK" else "PNG"
    assert make_thumbnail(encoded(Image.new(mode, (60, 40)), form)).width == 60


JPEG = encoded(picture(), "JPEG")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        JPEG[:200],
        JPEG[: len(JPEG) // 2],
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_bytes_that_are_no_whole_image_are_refused(body: bytes) -> None:
    with pytest.raises(MediaError):
        make_thumbnail(body)


def test_a_type_that_is_not_shown_is_refused() -> None:
    with pytest.raises(MediaError):
        make_thumbnail(encoded(picture(), "TIFF"))


def test_a_decompression_bomb_is_refused_unopened() -> None:
    bomb = encoded(Image.new("1", (20_000, 20_000)), "PNG")
    assert len(bomb) < 100_000
    with pytest.raises(MediaError, match="pixels"):
        make_thumbnail(bomb)
