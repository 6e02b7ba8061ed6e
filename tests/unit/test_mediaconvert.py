"""What MediaConvert is asked for: valid by its own model, and for the same files that the other transcoder makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

from chat.media_facts import Facts
from chat.recordings.mediaconvert import settings_of

FOLDER = "s3://bucket/media/lunch/m1/"


def request_shape() -> Shape:
    """Of CreateJob."""
    model = botocore.session.get_session().get_service_model("mediaconvert").operation_model("CreateJob")
    assert model.input_shape is not None
    return model.input_shape


def settings(width: int = 1920, height: int = 1080, *, audible: bool = True, hdr: bool = False) -> dict[str, Any]:
    facts = Facts("video/mp4", width, height, kind="video", duration_ms=60_000, audible=audible, hdr=hdr)
    return settings_of("s3://bucket/uploads/m1", FOLDER, facts)


def video_sizes(group: dict[str, Any]) -> list[tuple[int, int]]:
    described = [output["VideoDescription"] for output in group["Outputs"]]
    return [(each["Width"], each["Height"]) for each in described]


def values_outside(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """Where a job has a word that is not among the model's, or a number outside of its range: botocore's own
    validation looks at types and lower ends alone."""
    if isinstance(shape, StructureShape):
        for name, inner in value.items():
            yield from values_outside(shape.members[name], inner, f"{path}.{name}")
    elif isinstance(shape, MapShape):
        for name, inner in value.items():
            yield from values_outside(shape.value, inner, f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for inner in value:
            yield from values_outside(shape.member, inner, path)
    elif not _allows(shape, value):
        yield f"{path}: {value}"


def _allows(shape: Shape, value: Any) -> bool:
    if isinstance(shape, StringShape):
        return not shape.enum or value in shape.enum
    return bool(shape.metadata.get("min", value) <= value <= shape.metadata.get("max", value))


def test_a_word_that_the_service_does_not_know_is_found() -> None:
    job = {"Settings": settings()}
    job["Settings"]["OutputGroups"][0]["OutputGroupSettings"]["HlsGroupSettings"]["SegmentControl"] = "SOME_FILES"
    job["Settings"]["OutputGroups"][1]["Outputs"][0]["VideoDescription"]["Height"] = 9_000
    shape = request_shape()
    assert len(list(values_outside(shape, job))) == 2


@pytest.mark.parametrize("audible", [True, False])
@pytest.mark.parametrize("size", [(32, 32), (852, 480), (1080, 1920), (4096, 2160)])
def test_the_service_takes_the_job(size: tuple[int, int], audible: bool) -> None:  # noqa: FBT001 - a parameter
    shape = request_shape()
    job = {"Role": "arn:aws:iam::123456789012:role/convert", "Settings": settings(*size, audible=audible, hdr=audible)}
    report = ParamValidator().validate(job, shape)
    assert not report.has_errors(), report.generate_report()
    assert list(values_outside(shape, job)) == []


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


def test_high_dynamic_range_is_toned_down_in_every_output() -> None:
    bright = [output["VideoDescription"] for group in settings(hdr=True)["OutputGroups"] for output in group["Outputs"]]
    corrected = [each["VideoPreprocessors"]["ColorCorrector"]["ColorSpaceConversion"] for each in bright]
    assert corrected == ["FORCE_709"] * 5
    usual = [output["VideoDescription"] for group in settings()["OutputGroups"] for output in group["Outputs"]]
    assert not [each for each in usual if "VideoPreprocessors" in each]
