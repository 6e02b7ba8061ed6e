"""What uploads are told to be, by their bytes alone; and which are refused, hostile ones among them."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from chat.imaging import inspection
from chat.imaging.inspection import MAX_FRAMES, inspect
from chat.media import MediaError
from chat.media_facts import Facts
from tests.unit.pictures import animation, archive, encoded, halves, phone_photo

JPEG = encoded(halves(), "JPEG")
SCRIPT = b"<script>alert(1)</script>"
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(100)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_the_bytes_say_what_an_image_is(form: str) -> None:
    assert inspect(encoded(halves(), form)) == Facts(f"image/{form.lower()}", 1200, 800, 1)


def test_frames_of_an_animation_are_counted() -> None:
    assert inspect(animation("GIF", 4)).frames == 4
    assert inspect(animation("WEBP", 3)).frames == 3


def test_the_pictures_behind_a_phones_photo_are_no_frames() -> None:
    with_depth = encoded(halves(), "MPO", save_all=True, append_images=[halves(300, 200)])
    assert inspect(with_depth) == Facts("image/jpeg", 1200, 800, 1)


def test_a_photo_with_all_its_metadata_is_no_polyglot() -> None:
    assert inspect(phone_photo()).content_type == "image/jpeg"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><img src=x>",
        b"\x89PNG\r\n\x1a\n",
        encoded(halves(), "TIFF"),
        encoded(halves(), "BMP"),
        archive(),
    ],
    ids=["nothing", "text", "svg", "html", "only a signature", "tiff", "bmp", "zip"],
)
def test_what_is_no_image_of_these_types_is_refused(body: bytes) -> None:
    with pytest.raises(MediaError, match=r"This is not a JPEG, PNG, WebP, GIF or AVIF image\.|damaged"):
        inspect(body)


def test_a_photo_in_heic_is_refused_with_what_to_do() -> None:
    with pytest.raises(MediaError, match="send it as JPEG"):
        inspect(HEIC)


@pytest.mark.parametrize(
    "body",
    [
        JPEG + archive(),
        JPEG + b"<HTML><body>hello",
        encoded(halves(), "JPEG", comment=SCRIPT),
        encoded(halves(), "GIF", comment=SCRIPT),
        encoded(halves(), "JPEG", comment=b"%PDF-1.7"),
        encoded(halves(), "PNG") + b"<?php phpinfo(); ?>",
    ],
    ids=["zip behind", "page behind", "script in a comment", "script in a gif", "pdf", "php behind"],
)
def test_an_image_that_is_something_else_too_is_refused(body: bytes) -> None:
    with pytest.raises(MediaError, match="something else"):
        inspect(body)


def test_a_decompression_bomb_is_refused_unopened() -> None:
    bomb = encoded(Image.new("1", (20_000, 20_000)), "PNG")
    assert len(bomb) < 100_000
    with pytest.raises(MediaError, match="pixels"):
        inspect(bomb)


def test_an_animation_with_very_many_frames_is_refused() -> None:
    assert inspect(animation("GIF", MAX_FRAMES, 60, 60)).frames == MAX_FRAMES
    with pytest.raises(MediaError, match="frames"):
        inspect(animation("GIF", MAX_FRAMES + 1, 60, 60))


def test_an_animation_whose_frames_have_too_many_pixels_together_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "MAX_FRAME_PIXELS", 5 * 100 * 100)
    assert inspect(animation("GIF", 5, 100, 100)).frames == 5
    with pytest.raises(MediaError, match="animation has too many pixels"):
        inspect(animation("GIF", 6, 100, 100))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "AVIF"]), st.data())
def test_no_damage_is_a_fault_of_ours(form: str, data: st.DataObject) -> None:
    body = bytearray(encoded(halves(60, 40), form))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with suppress(MediaError):
        inspect(bytes(body[: data.draw(st.integers(0, len(body)))]))
