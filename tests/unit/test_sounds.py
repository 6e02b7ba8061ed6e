"""Sounds are as loud as each other, have a shape to look at, and tell nothing else."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest

from chat.file_signatures import signature_of
from chat.media import MediaError
from chat.recordings import sounds
from chat.recordings.sound_levels import LOUDNESS_LUFS
from chat.recordings.sounds import PEAKS, Measured
from tests.unit.pictures import SECRET
from tests.unit.recorded_files import SOUNDS, metadata_of, sound


def measured(body: bytes, most_s: int = 60) -> Measured:
    demuxer = signature_of(body).demuxer
    assert demuxer is not None
    return sounds.measure(io.BytesIO(body), demuxer, most_s)


def made(body: bytes, folder: Path) -> bytes:
    demuxer = signature_of(body).demuxer
    assert demuxer is not None
    sounds.encode(io.BytesIO(body), demuxer, measured(body).gain_db, folder / "made.m4a")
    return (folder / "made.m4a").read_bytes()


@pytest.mark.parametrize("form", SOUNDS)
def test_every_format_becomes_aac_in_mp4_that_plays_while_it_loads(form: str, tmp_path: Path) -> None:
    body = made(sound(form), tmp_path)
    assert body.index(b"moov") < body.index(b"mdat")
    with av.open(io.BytesIO(body), "r") as container:
        (stream,) = container.streams
        assert stream.codec_context.name == "aac"
        assert container.duration == pytest.approx(2_000_000, abs=60_000)
    assert metadata_of(body) == {}
    assert SECRET.encode() not in body


def test_soft_and_loud_recordings_end_equally_loud(tmp_path: Path) -> None:
    heard = [measured(made(sound("wav", level=level), tmp_path)).loudness_lufs for level in (1_500, 6_000, 30_000)]
    assert heard == pytest.approx([LOUDNESS_LUFS] * 3, abs=0.5)


def test_silence_stays_silent(tmp_path: Path) -> None:
    silent = sound("wav", level=0)
    assert measured(silent).gain_db == 0
    assert measured(silent).peaks == bytes(PEAKS)
    assert measured(made(silent, tmp_path)).peaks == bytes(PEAKS)


def test_what_is_almost_silent_is_not_made_all_noise() -> None:
    assert measured(sound("wav", level=20)).gain_db == sounds.MOST_GAIN_DB


def test_a_waveform_has_the_shape_of_its_sound() -> None:
    """The second half is half as loud."""
    peaks = measured(sound("flac")).peaks
    assert len(peaks) == PEAKS
    assert max(peaks) == 255
    assert list(peaks[: PEAKS // 2]) == pytest.approx([255] * (PEAKS // 2), abs=4)
    assert list(peaks[PEAKS // 2 + 1 :]) == pytest.approx([127] * (PEAKS // 2 - 1), abs=4)


def test_a_sound_of_an_instant_has_all_bars() -> None:
    assert len(measured(sound("wav", 0.04)).peaks) == PEAKS


def test_what_is_longer_than_its_container_says_is_refused_where_it_is_heard() -> None:
    with pytest.raises(MediaError, match="longer"):
        measured(sound("mp3"), most_s=1)


def test_the_same_sound_gives_the_same_bytes(tmp_path: Path) -> None:
    assert made(sound(), tmp_path) == made(sound(), tmp_path)
