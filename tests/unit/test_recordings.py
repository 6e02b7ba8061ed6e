"""What a recording really is, and which ones are refused."""

from __future__ import annotations

import io

import pytest

from chat.file_signatures import signature_of
from chat.media import MediaError
from chat.media_facts import Facts
from chat.recordings import inspection
from chat.recordings.inspection import Limits, inspect
from tests.unit.recorded_files import SOUNDS, VIDEOS, endless, sound, turned, video

LIMITS = Limits(video_s=3600)


def facts_of(body: bytes, limits: Limits = LIMITS) -> Facts:
    demuxer = signature_of(body).demuxer
    assert demuxer is not None
    return inspect(io.BytesIO(body), demuxer, limits)


@pytest.mark.parametrize("form", SOUNDS)
def test_a_sound_is_known_by_what_it_holds(form: str) -> None:
    facts = facts_of(sound(form))
    assert (facts.kind, facts.content_type, facts.width, facts.audible) == ("audio", SOUNDS[form][1], 0, True)
    assert facts.duration_ms == pytest.approx(2000, abs=20)


@pytest.mark.parametrize("form", VIDEOS)
@pytest.mark.parametrize("audible", [True, False])
def test_a_video_is_known_by_its_pictures(form: str, audible: bool) -> None:  # noqa: FBT001 - a parameter
    facts = facts_of(video(form, audible=audible))
    expected = "video/webm" if form == "webm" else "video/mp4"
    assert (facts.kind, facts.content_type, facts.width, facts.height) == ("video", expected, 320, 180)
    assert facts.audible == audible
    assert facts.duration_ms == pytest.approx(2000, abs=50)


def test_a_picture_on_the_cover_makes_no_video_of_a_song() -> None:
    assert facts_of(sound("mp3", cover=True)).kind == "audio"


def test_a_video_that_lies_on_its_side_has_the_size_that_is_seen() -> None:
    facts = facts_of(turned(video("mov")))
    assert (facts.width, facts.height) == (180, 320)


def test_a_recording_that_does_not_say_how_long_it_is_is_measured() -> None:
    """As browsers record: the length is not known when the beginning is written."""
    body = sound("webm")
    at = body.index(b"\x44\x89\x88")  # the element Duration, 8 bytes of it
    unknown = body[:at] + b"\xec\x89" + body[at + 2 :]  # the element Void in its place
    assert facts_of(body).duration_ms == pytest.approx(facts_of(unknown).duration_ms, abs=20)


def test_what_is_too_long_is_refused_in_words() -> None:
    with pytest.raises(MediaError, match="The video is longer than 60 minutes"):
        facts_of(endless(hours=2))
    with pytest.raises(MediaError, match="The recording is longer than 0 minutes"):
        facts_of(sound("wav"), Limits(video_s=1, sound_s=1))


def test_what_has_too_many_pixels_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "MAX_PIXELS", 320 * 180 - 1)
    with pytest.raises(MediaError, match="too many pixels"):
        facts_of(video())


def test_what_is_smaller_than_anything_that_is_made_is_refused() -> None:
    with pytest.raises(MediaError, match="too few pixels"):
        facts_of(video(width=64, height=16))


@pytest.mark.parametrize("form", [*SOUNDS, *VIDEOS])
def test_what_is_cut_short_or_overwritten_gives_words_or_facts_and_no_fault(form: str) -> None:
    body = sound(form) if form in SOUNDS else video(form)
    for cut in (12, 64, len(body) // 3, len(body) - 100):
        hurt = body[: len(body) // 4] + bytes(64) + body[len(body) // 4 + 64 :]
        for damaged in (body[:cut], hurt, body[:64] + bytes(len(body))):
            try:
                facts_of(damaged)
            except MediaError as refused:
                assert str(refused)  # noqa: PT017 - one of two good ends


def test_an_empty_container_has_nothing_to_play() -> None:
    with pytest.raises(MediaError):
        facts_of(b"\x1a\x45\xdf\xa3" + bytes(100))


def test_no_playlist_is_opened_whatever_a_container_is_called() -> None:
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"
    for demuxer in ("mov", "matroska", "mp3", "ogg", "wav", "flac"):
        with pytest.raises(MediaError):
            inspect(io.BytesIO(playlist), demuxer, LIMITS)
