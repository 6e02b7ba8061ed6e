"""How images stand in rows: small, and told to clients as they were."""

import base64

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from chat import shown_media
from chat.protocol import Media, MediaFile, Picture, Variant
from chat.shown_media import DOCUMENT_PDF, DOCUMENT_TEXT, SOUND_MP4, VIDEO_HLS, VIDEO_MP4, Beside, FileForm

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


sizes_bytes = st.integers(1, 10**10)
durations_ms = st.integers(1, 10**8)


def file(form: FileForm, size_bytes: int, width: int = 0, height: int = 0) -> MediaFile:
    return shown_media.file_of(ROOM, "m1", form, size_bytes, width=width, height=height)


@st.composite
def videos(draw: st.DrawFn) -> Beside:
    files = [file(form, draw(sizes_bytes), draw(st.integers(2, 1080)), 720) for form in (VIDEO_MP4, VIDEO_HLS)]
    return Beside(kind="video", files=files, duration_ms=draw(durations_ms))


@st.composite
def sounds(draw: st.DrawFn) -> Beside:
    peaks = base64.b64encode(draw(st.binary(min_size=64, max_size=64))).decode()
    files = [file(SOUND_MP4, draw(sizes_bytes))]
    return Beside(kind="audio", files=files, duration_ms=draw(durations_ms), waveform=peaks)


@st.composite
def documents(draw: st.DrawFn) -> Beside:
    form = draw(st.sampled_from([DOCUMENT_PDF, DOCUMENT_TEXT]))
    pages = draw(st.integers(1, 5000)) if form is DOCUMENT_PDF else None
    return Beside(kind="document", files=[file(form, draw(sizes_bytes))], pages=pages)


@st.composite
def what_is_no_image(draw: st.DrawFn) -> Media:
    picture = draw(images())
    beside = draw(videos() | sounds() | documents())
    return shown_media.media_of(picture.id, picture.name, picture.hash or "", picture.variants, beside)


@given(what_is_no_image())
def test_a_video_a_sound_and_a_document_are_told_as_they_were_stored(media: Media) -> None:
    assert shown_media.from_row(shown_media.to_row(media), ROOM) == media


@given(what_is_no_image())
def test_the_row_of_what_is_no_image_leaves_a_kilobyte_its_place(media: Media) -> None:
    row = msgspec.json.encode(shown_media.to_row(media))
    assert len(row) - len(msgspec.json.encode(media.name)) < 500


@given(what_is_no_image())
def test_what_is_served_beside_the_picture_goes_with_it(media: Media) -> None:
    objects = shown_media.objects_of(media)
    assert {file.url.removeprefix("/") for file in media.files} < set(objects)
    assert len(objects) == len(media.variants) + len(media.files)


@given(images())
def test_an_image_is_told_as_it_was_stored(image: Media) -> None:
    assert shown_media.from_row(shown_media.to_row(image), ROOM) == image


@given(images())
def test_its_row_takes_a_quarter_of_what_clients_are_told(image: Media) -> None:
    row = msgspec.json.encode(shown_media.to_row(image))
    assert len(row) - len(msgspec.json.encode(image.name)) < 300


def test_an_image_of_before_there_were_variants_is_told_as_it_stands() -> None:
    image = Media("m1", "cat.jpg", Picture("/a.jpg", "image/jpeg", 9, 9), Picture("/b.webp", "image/webp", 3, 3))
    row = {
        name: value
        for name, value in msgspec.to_builtins(image).items()
        if name in {"id", "name", "original", "thumbnail"}
    }
    assert shown_media.from_row(row, ROOM) == image
    assert shown_media.objects_of(image) == ["a.jpg", "b.webp"]


@given(images())
def test_who_knows_no_variants_gets_a_small_webp_and_the_largest_that_everything_shows(image: Media) -> None:
    assert image.thumbnail.content_type == "image/webp"
    assert image.thumbnail.url == image.variants[1].url
    assert image.original.content_type in {"image/jpeg", "image/png"}
    assert image.original.url == image.variants[-1].url
