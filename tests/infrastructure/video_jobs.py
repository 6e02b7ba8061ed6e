"""MediaConvert as Step Functions' `createJob.sync` meets it: takes a job that its own model allows, and how it ends.

The files of a job that is complete are those of our transcoder, put where the job's settings say.
"""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore.model import Shape
from botocore.validate import ParamValidator

from chat import file_signatures
from chat.aws import media_store
from chat.recordings import inspection, videos
from chat.recordings.inspection import Limits
from chat.recordings.videos import Bounds
from tests.infrastructure.media_machine import Fault

COMPLETE = "COMPLETE"
VIDEO_S = 60
TOKEN_CHARACTERS = 64
"""MediaConvert's documentation; its model does not say so."""
CODE = 1_030
"""An error code of a job: decoding failed."""


@dataclass
class VideoJobs:
    """The jobs of one stage, one for each token."""

    ends: list[str] = field(default_factory=list)
    """How the next jobs end: `COMPLETE`, `ERROR` or `CANCELED`; the first unless there is one."""
    stored_first: int = 0
    """How many files a job that does not complete has stored by then."""
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """The ended job; what Step Functions fails the state with for any other end."""
        report = ParamValidator().validate(request, _request_shape())
        if report.has_errors():
            raise Fault("MediaConvert.BadRequestException", report.generate_report())
        token = request["ClientRequestToken"]
        if len(token) > TOKEN_CHARACTERS:
            raise Fault("MediaConvert.BadRequestException", "the token is too long")
        if token not in self.jobs:
            self.jobs[token] = self._job(request["Settings"], self.ends.pop(0) if self.ends else COMPLETE)
        job = self.jobs[token]
        if job["Job"]["Status"] != COMPLETE:
            raise Fault("States.TaskFailed", json.dumps(job["Job"]))
        return job

    def _job(self, settings: dict[str, Any], status: str) -> dict[str, Any]:
        _store(settings, None if status == COMPLETE else self.stored_first)
        told = {} if status == COMPLETE else {"ErrorCode": CODE, "ErrorMessage": "secret internals"}
        return {"Job": {"Id": f"1-{len(self.jobs)}", "Status": status, "Settings": settings, **told}}


@cache
def _request_shape() -> Shape:
    model = botocore.session.get_session().get_service_model("mediaconvert").operation_model("CreateJob")
    assert model.input_shape is not None
    return model.input_shape


def _store(settings: dict[str, Any], count: int | None) -> None:
    """As many of the job's files as that; None for all."""
    bucket = media_store.bucket()
    source = bucket.open(_key(settings["Inputs"][0]["FileInput"]))
    demuxer = file_signatures.demuxer_of(source)
    facts = inspection.inspect(source, demuxer, Limits(video_s=VIDEO_S))
    source.seek(0)
    destinations = [_key(_destination(group)) for group in settings["OutputGroups"]]
    with tempfile.TemporaryDirectory() as folder:
        bounds = Bounds(VIDEO_S, time.monotonic() + VIDEO_S, time.monotonic)
        videos.transcode(source, demuxer, (facts.width, facts.height), Path(folder), bounds)
        for path in sorted(Path(folder).iterdir())[:count]:
            (into,) = [each for each in destinations if path.name.startswith(each.rpartition("/")[2])]
            bucket.publish_file(f"{into.rpartition('/')[0]}/{path.name}", path, "video/mp2t")


def _destination(group: dict[str, Any]) -> str:
    (told,) = [value for name, value in group["OutputGroupSettings"].items() if name != "Type"]
    return str(told["Destination"])


def _key(address: str) -> str:
    return address.removeprefix(f"s3://{media_store.bucket().name}/")
