"""What MediaConvert is asked for: valid by its own model, and for the same files that the other transcoder makes."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from chat.media_facts import Facts
from chat.recordings.mediaconvert import settings_of

FOLDER = "s3://bucket/media/lunch/m1/"


def settings(width: int = 1920, height: int = 1080, *, audible: bool = True) -> dict[str, Any]:
    facts = Facts("video/mp4", width, height, kind="video", duration_ms=60_000, audible=audible)
    return settings_of("s3://bucket/uploads/m1", FOLDER, facts)


def video_sizes(group: dict[str, Any]) -> list[tuple[int, int]]:
    described = [output["VideoDescription"] for output in group["Outputs"]]
    return [(each["Width"], each["Height"]) for each in described]


@pytest.mark.parametrize("audible", [True, False])
@pytest.mark.parametrize("size", [(32, 32), (852, 480), (1080, 1920), (4096, 2160)])
def test_the_service_takes_the_job(size: tuple[int, int], audible: bool) -> None:  # noqa: FBT001 - a parameter
    shape = botocore.session.get_session().get_service_model("mediaconvert").operation_model("CreateJob").input_shape
    assert shape is not None
    job = {"Role": "arn:aws:iam::123456789012:role/convert", "Settings": settings(*size, audible=audible)}
    report = ParamValidator().validate(job, shape)
    assert not report.has_errors(), report.generate_report()


def test_its_files_have_the_names_that_the_other_transcoder_gives() -> None:
    hls, mp4, poster = settings()["OutputGroups"]
    assert hls["OutputGroupSettings"]["HlsGroupSettings"]["Destination"] == FOLDER + "hls"
    assert [output["NameModifier"] for output in hls["Outputs"]] == ["_360", "_720", "_1080"]
    assert mp4["OutputGroupSettings"]["FileGroupSettings"]["Destination"] == FOLDER + "video"
    assert poster["OutputGroupSettings"]["FileGroupSettings"]["Destination"] == FOLDER + "poster"


def test_no_output_is_larger_than_the_video() -> None:
    hls, mp4, poster = settings(720, 1280)["OutputGroups"]
    assert video_sizes(hls) == [(360, 640), (720, 1280)]
    assert video_sizes(mp4) == video_sizes(poster) == [(720, 1280)]


def test_what_is_silent_is_asked_for_without_sound() -> None:
    silent = settings(audible=False)
    assert "AudioSelectors" not in silent["Inputs"][0]
    assert not [each for group in silent["OutputGroups"] for each in group["Outputs"] if "AudioDescriptions" in each]


def test_the_poster_is_captured_twice_for_a_black_beginning() -> None:
    poster = settings()["OutputGroups"][2]["Outputs"][0]["VideoDescription"]["CodecSettings"]
    assert poster["FrameCaptureSettings"]["MaxCaptures"] == 2
