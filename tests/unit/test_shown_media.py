"""How images stand in rows: small, and told to clients as they were."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from chat import shown_media
from chat.protocol import Media, Picture, Variant

ROOM = "lunch"

sizes = st.lists(st.tuples(st.integers(1, 2048), st.integers(1, 2048)), min_size=1, max_size=3, unique=True)
fallbacks = st.sampled_from(["image/jpeg", "image/png"])


@st.composite
def images(draw: st.DrawFn) -> Media:
    types = ["image/avif", "image/webp", draw(fallbacks)]
    variants = [
        Variant(
            "/" + shown_media.variant_key(ROOM, "m1", max(width, height), content_type),
            content_type,
            width,
            height,
            draw(st.integers(1, 10**7)),
        )
        for width, height in draw(sizes)
        for content_type in types
    ]
    return shown_media.media_of("m1", draw(st.text(max_size=120)), "1QcSHQRnh493V4dIh4eXh1h4kJUI", variants)


@given(images())
def test_an_image_is_told_as_it_was_stored(image: Media) -> None:
    assert shown_media.from_row(shown_media.to_row(image), ROOM) == image


@given(images())
def test_its_row_takes_a_quarter_of_what_clients_are_told(image: Media) -> None:
    row = msgspec.json.encode(shown_media.to_row(image))
    assert len(row) - len(msgspec.json.encode(image.name)) < 300


def test_an_image_of_before_there_were_variants_is_told_as_it_stands() -> None:
    image = Media("m1", "cat.jpg", Picture("/a.jpg", "image/jpeg", 9, 9), Picture("/b.webp", "image/webp", 3, 3))
    row = {name: value for name, value in msgspec.to_builtins(image).items() if name not in {"hash", "variants"}}
    assert shown_media.from_row(row, ROOM) == image
    assert shown_media.objects_of(image) == ["a.jpg", "b.webp"]


@given(images())
def test_who_knows_no_variants_gets_a_small_webp_and_the_largest_that_everything_shows(image: Media) -> None:
    assert image.thumbnail.content_type == "image/webp"
    assert image.thumbnail.url == image.variants[1].url
    assert image.original.content_type in {"image/jpeg", "image/png"}
    assert image.original.url == image.variants[-1].url
