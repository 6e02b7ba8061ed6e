"""Videos as a stage without MediaConvert makes them: every size of the ladder, and of the source only what is seen."""

from __future__ import annotations

import io
import time
from pathlib import Path

import av
import pytest
from PIL import Image, ImageStat

from chat.file_signatures import signature_of
from chat.media import MediaError
from chat.recordings import videos
from chat.recordings.inspection import Limits, inspect
from chat.recordings.ladder import Rung, ladder_of, mp4_rung
from chat.recordings.videos import Bounds
from tests.unit.pictures import SECRET
from tests.unit.recorded_files import VIDEOS, metadata_of, turned, video


def bounds(video_s: int = 60, converting_s: float = 120.0) -> Bounds:
    return Bounds(video_s, time.monotonic() + converting_s, time.monotonic)


def transcoded(body: bytes, folder: Path, within: Bounds | None = None) -> dict[str, Path]:
    demuxer = signature_of(body).demuxer
    assert demuxer is not None
    facts = inspect(io.BytesIO(body), demuxer, Limits(video_s=60))
    videos.transcode(io.BytesIO(body), demuxer, (facts.width, facts.height), folder, within or bounds())
    return {path.name: path for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("size", "rungs"),
    [
        ((1920, 1080), [(640, 360), (1280, 720), (1920, 1080)]),
        ((1080, 1920), [(360, 640), (720, 1280), (1080, 1920)]),
        ((3840, 2160), [(640, 360), (1280, 720), (1920, 1080)]),
        ((1600, 900), [(640, 360), (1280, 720), (1600, 900)]),
        ((853, 480), [(640, 360), (852, 480)]),
        ((321, 181), [(320, 180)]),
        ((4096, 40), [(4096, 40)]),
    ],
)
def test_a_ladder_has_the_video_s_shape_and_no_rung_above_it(
    size: tuple[int, int], rungs: list[tuple[int, int]]
) -> None:
    assert [(rung.width, rung.height) for rung in ladder_of(*size)] == rungs


def test_the_mp4_is_one_that_every_line_can_carry() -> None:
    assert mp4_rung(ladder_of(1920, 1080)) == Rung(1280, 720)
    assert mp4_rung(ladder_of(1280, 720)) == Rung(1280, 720)
    assert mp4_rung(ladder_of(320, 180)) == Rung(320, 180)


def test_a_video_becomes_an_mp4_and_a_playlist_of_every_rung(tmp_path: Path) -> None:
    made = transcoded(video(width=384, height=384, seconds=7), tmp_path)
    segments = {f"hls_{rung}_{at:05}.ts" for rung in (360, 384) for at in (1, 2)}
    assert made.keys() == {"video.mp4", "hls.m3u8", "hls_360.m3u8", "hls_384.m3u8", "poster.0000000.jpg", *segments}
    with av.open(str(made["hls.m3u8"]), "r") as playlist:
        assert playlist.duration == pytest.approx(7_000_000, abs=100_000)
        assert [each.codec_context.height for each in playlist.streams.video] == [360, 384]


@pytest.mark.parametrize("form", VIDEOS)
def test_every_format_becomes_h264_and_aac_without_metadata(form: str, tmp_path: Path) -> None:
    made = transcoded(video(form), tmp_path)
    body = made["video.mp4"].read_bytes()
    assert body.index(b"moov") < body.index(b"mdat")
    with av.open(io.BytesIO(body), "r") as container:
        assert [stream.codec_context.name for stream in container.streams] == ["h264", "aac"]
    assert metadata_of(body) == {}
    for path in made.values():
        assert SECRET.encode() not in path.read_bytes()
        assert b"+48.85" not in path.read_bytes()


def test_a_video_that_lies_on_its_side_is_set_upright(tmp_path: Path) -> None:
    made = transcoded(turned(video(audible=False)), tmp_path)
    with av.open(str(made["video.mp4"]), "r") as container:
        frame = next(container.decode(video=0))
        assert (frame.width, frame.height, frame.rotation) == (180, 320, 0)
    assert Image.open(made["poster.0000000.jpg"]).size == (180, 320)


def test_a_video_without_sound_stays_without(tmp_path: Path) -> None:
    made = transcoded(video(audible=False), tmp_path)
    with av.open(str(made["video.mp4"]), "r") as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_the_poster_is_later_than_a_black_beginning(tmp_path: Path) -> None:
    poster = Image.open(transcoded(video(), tmp_path)["poster.0000000.jpg"])
    assert max(ImageStat.Stat(poster).mean) > 40
    assert not poster.getexif()


def test_the_poster_of_a_short_video_is_its_last_picture(tmp_path: Path) -> None:
    assert Image.open(transcoded(video(seconds=0.6), tmp_path)["poster.0000000.jpg"]).size == (320, 180)


def test_what_is_longer_than_its_container_says_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="longer"):
        transcoded(video(audible=False), tmp_path, bounds(video_s=1))


def test_what_takes_too_long_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="takes too long"):
        transcoded(video(), tmp_path, bounds(converting_s=-1))


def test_a_video_whose_pictures_break_off_is_refused_or_ends_there(tmp_path: Path) -> None:
    body = video("webm", seconds=3)
    cut = body[: len(body) // 2]
    try:
        made = transcoded(cut, tmp_path)
    except MediaError as refused:
        assert "damaged" in str(refused)  # noqa: PT017 - one of two good ends
    else:
        assert made["video.mp4"].stat().st_size
