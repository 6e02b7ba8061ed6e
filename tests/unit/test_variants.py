"""Variants of real files: upright, in three sizes, alike to the eye, and without a word that is no pixel."""

from __future__ import annotations

import io
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps, ImageSequence

from chat.imaging import thumbhash, variants
from chat.imaging.variants import AVIF, JPEG, PNG, WEBP, Encoded, Variants, make_variants
from chat.media import MediaError
from tests.unit.pictures import (
    SECRET,
    animation,
    encoded,
    halves,
    located,
    phone_photo,
    scene,
    similarity,
    swapped_profile,
)


def opened(variant: Encoded) -> Image.Image:
    image = Image.open(io.BytesIO(variant.body))
    assert f"image/{str(image.format).lower()}" == variant.content_type
    assert image.size == (variant.width, variant.height)
    return image


def outline(made: Variants) -> list[tuple[str, int, int]]:
    return [(each.content_type, each.width, each.height) for each in made.encoded]


def test_a_photo_has_each_size_in_each_type() -> None:
    made = make_variants(encoded(scene(3000, 2000), "JPEG"))
    sizes = [(480, 320), (960, 640), (2048, 1365)]
    assert outline(made) == [(kind, *size) for size in sizes for kind in (AVIF, WEBP, JPEG)]


def test_a_small_image_is_not_enlarged() -> None:
    assert outline(make_variants(encoded(halves(40, 30), "PNG"))) == [(kind, 40, 30) for kind in (AVIF, WEBP, JPEG)]


def test_no_side_ever_vanishes() -> None:
    assert outline(make_variants(encoded(halves(4000, 2), "PNG")))[0] == (AVIF, 480, 1)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_all_variants_look_like_the_upload(form: str) -> None:
    body = encoded(scene(), form)
    seen = Image.open(io.BytesIO(body)).convert("RGB")
    for variant in make_variants(body).encoded:
        shrunk = seen.resize((variant.width, variant.height), Image.Resampling.LANCZOS)
        assert similarity(opened(variant), shrunk) > 0.95, variant.content_type


def test_similarity_tells_another_picture_and_a_poor_copy_from_a_good_one() -> None:
    poor = Image.open(io.BytesIO(encoded(scene(), "JPEG", quality=3)))
    assert similarity(scene(), scene()) == 1
    assert similarity(scene(), ImageOps.mirror(scene())) < 0.8
    assert similarity(scene(), poor) < 0.9


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_upright(orientation: int) -> None:
    body = phone_photo(orientation)
    seen = ImageOps.exif_transpose(Image.open(io.BytesIO(body)))
    for variant in make_variants(body).encoded:
        image = opened(variant)
        assert ImageOps.exif_transpose(image).size == image.size  # nobody turns it once more
        assert similarity(image, seen.resize(image.size, Image.Resampling.LANCZOS)) > 0.95


@pytest.mark.parametrize("orientation", range(1, 9))
def test_nothing_of_a_photos_metadata_is_left(orientation: int) -> None:
    body = phone_photo(orientation)
    assert body.count(SECRET.encode()) == 3
    for variant in make_variants(body).encoded:
        image = opened(variant)
        image.load()
        assert not image.getexif()
        assert not {"exif", "xmp", "comment", "icc_profile"} & image.info.keys()
        assert SECRET.encode() not in variant.body


@pytest.mark.parametrize("form", ["PNG", "WEBP", "AVIF"])
def test_other_formats_lose_their_metadata_too(form: str) -> None:
    options: dict[str, object] = {"exif": located(6)}
    body = encoded(scene(600, 400), form, **options)
    assert SECRET.encode() in body
    for variant in make_variants(body).encoded:
        assert variant.width < variant.height
        assert not opened(variant).getexif()
        assert SECRET.encode() not in variant.body


def test_jpegs_are_progressive() -> None:
    jpeg = next(each for each in make_variants(encoded(scene(), "JPEG")).encoded if each.content_type == JPEG)
    assert opened(jpeg).info.get("progressive")


def test_colours_of_a_profile_become_those_of_screens() -> None:
    body = encoded(Image.new("RGB", (100, 100), (255, 0, 0)), "PNG", icc_profile=swapped_profile())
    for variant in make_variants(body).encoded:
        red, green, _ = opened(variant).convert("RGB").getpixel((50, 50))  # type: ignore[misc]
        assert green > 200
        assert red < 60


def test_a_profile_that_is_of_no_use_is_left_out() -> None:
    body = encoded(halves(100, 100), "PNG", icc_profile=b"no profile at all")
    assert opened(make_variants(body).encoded[0]).convert("RGB").getpixel((20, 50))[0] > 200  # type: ignore[index]


def test_transparency_survives_in_types_that_have_it() -> None:
    image = halves(600, 400, "RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 600, 200))
    made = make_variants(encoded(image, "PNG"))
    assert [each.content_type for each in made.encoded[:3]] == [AVIF, WEBP, PNG]
    for variant in made.encoded:
        shown = opened(variant).convert("RGBA")
        assert shown.getpixel((20, 20))[3] == 0  # type: ignore[index]
        assert shown.getpixel((20, variant.height - 20))[3] == 255  # type: ignore[index]


def test_an_image_that_only_could_be_transparent_is_a_jpeg_too() -> None:
    assert [each.content_type for each in make_variants(encoded(halves(40, 30, "RGBA"), "PNG")).encoded][-1] == JPEG


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "CMYK", "I;16"])
def test_unusual_colour_modes_are_shown(mode: str) -> None:
    form = "JPEG" if mode == "CMYK" else "PNG"
    assert make_variants(encoded(Image.new(mode, (60, 40)), form)).encoded[0].width == 60


def test_sixteen_bits_are_scaled_and_not_cut_off() -> None:
    grey = make_variants(encoded(Image.new("I;16", (60, 40), 32_768), "PNG"))
    assert opened(grey.encoded[1]).convert("L").getpixel((20, 20)) == pytest.approx(128, abs=3)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_an_animation_moves_on_at_its_own_pace(form: str) -> None:
    made = make_variants(animation(form, 4, 600, 400))
    assert outline(made) == [(WEBP, 480, 320), (WEBP, 600, 400)]
    for variant in made.encoded:
        frames = opened(variant)
        assert frames.info["loop"] == 0
        shown = [(frame.convert("RGB"), frame.info["duration"]) for frame in ImageSequence.Iterator(frames)]
        assert [duration_ms for _, duration_ms in shown] == [100, 110, 120, 130]
        reds = [frame.getpixel((5, 5))[0] for frame, _ in shown]  # type: ignore[index]
        assert reds[0] > 200
        assert reds[3] < 80, "yellow moves away, and green is left"


def test_a_long_animation_has_only_its_small_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variants, "MAX_ANIMATED_PIXELS", 4 * 600 * 400 - 1)
    assert outline(make_variants(animation("GIF", 4, 600, 400))) == [(WEBP, 480, 320)]


def test_the_placeholder_is_that_of_the_image_as_it_is_seen() -> None:
    made = make_variants(phone_photo(6))
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(phone_photo(6)))).resize(
        (320, 480), Image.Resampling.LANCZOS
    )
    assert made.hash[:3] == thumbhash.encode(upright)[:3]


def test_the_same_upload_has_the_same_variants() -> None:
    assert make_variants(phone_photo()) == make_variants(phone_photo())


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_an_image_that_is_cut_short_is_refused(form: str) -> None:
    body = encoded(scene(), form)
    with pytest.raises(MediaError, match="This is not a JPEG" if form == "AVIF" else "damaged"):
        make_variants(body[: len(body) // 2])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "AVIF"]), st.data())
def test_no_damage_is_a_fault_of_ours(form: str, data: st.DataObject) -> None:
    options: dict[str, object] = {} if form == "GIF" else {"exif": located(6)}
    body = bytearray(encoded(scene(60, 40), form, **options))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with suppress(MediaError):
        make_variants(bytes(body))
