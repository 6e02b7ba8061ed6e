"""Files are told apart by their first bytes."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from chat.file_signatures import DOCUMENT, HEAD_BYTES, IMAGE, Signature, demuxer_of, signature_of
from tests.unit.pictures import encoded, halves
from tests.unit.recorded_files import SOUNDS, VIDEOS, document, sound, video

DEMUXERS = {"ipod": "mov", "mp4": "mov", "webm": "matroska"}


@pytest.mark.parametrize("form", SOUNDS)
def test_sounds_are_known_by_their_container(form: str) -> None:
    assert signature_of(sound(form, 0.2)[:HEAD_BYTES]) == Signature("recording", DEMUXERS.get(form, form))


@pytest.mark.parametrize("form", VIDEOS)
def test_videos_are_known_by_their_container(form: str) -> None:
    assert signature_of(video(form, seconds=0.2)[:HEAD_BYTES]) == Signature("recording", DEMUXERS.get(form, form))


def test_an_mp3_without_a_tag_is_one_too() -> None:
    tagged = sound("mp3", 0.2)
    bare = tagged[tagged.index(b"\xff\xfb") :]
    assert signature_of(bare).demuxer == "mp3"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_images_are_images(form: str) -> None:
    assert signature_of(encoded(halves(64, 64), form)[:HEAD_BYTES]) == IMAGE


def test_a_document_is_one_from_its_first_byte_on() -> None:
    assert signature_of(document(1)) == DOCUMENT
    assert signature_of(b"\n" + document(1)) == IMAGE


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff",
        b"#EXTM3U\nhttp://169.254.169.254/",
        b"ffconcat version 1.0\nfile /etc/passwd",
        b"<svg/>",
        b"RIFF\0\0\0\0AVI ",
    ],
)
def test_what_is_nothing_known_is_left_to_those_who_refuse_it(head: bytes) -> None:
    assert signature_of(head) == IMAGE
    with pytest.raises(ValueError, match="not a recording"):
        demuxer_of(io.BytesIO(head))


def test_finding_the_demuxer_leaves_the_file_at_its_beginning() -> None:
    file = io.BytesIO(sound("flac", 0.2))
    assert (demuxer_of(file), file.tell()) == ("flac", 0)


def test_a_gif_of_one_pixel_is_no_recording() -> None:
    assert signature_of(encoded(Image.new("L", (1, 1)), "GIF")) == IMAGE
