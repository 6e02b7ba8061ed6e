"""An object that is written part by part is there whole, or not at all."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chat.aws.files import BucketFiles
from chat.aws.object_writer import PART_BYTES


@pytest.fixture
def files() -> Iterator[BucketFiles]:
    with mock_aws():
        s3: Any = boto3.client("s3", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        s3.create_bucket(Bucket="media")
        yield BucketFiles(s3, "media")


@pytest.mark.parametrize("size_bytes", [0, 10, PART_BYTES, 2 * PART_BYTES + 5])
def test_what_was_written_is_the_object(files: BucketFiles, size_bytes: int) -> None:
    body = bytes(range(251)) * (size_bytes // 251 + 1)
    with files.write("exports/a.zip", "application/zip") as sink:
        for at in range(0, size_bytes, 3_000_000):
            sink.write(body[at : min(size_bytes, at + 3_000_000)])
    assert files.get("exports/a.zip") == body[:size_bytes]
    assert files.s3.head_object(Bucket="media", Key="exports/a.zip")["ContentType"] == "application/zip"


def test_where_writing_fails_nothing_is_left(files: BucketFiles) -> None:
    def write_half() -> None:
        with files.write("exports/a.zip", "application/zip") as sink:
            sink.write(bytes(PART_BYTES + 1))
            raise OSError("half way")

    with pytest.raises(OSError, match="half way"):
        write_half()
    assert files.get("exports/a.zip") is None
    assert not files.s3.list_multipart_uploads(Bucket="media").get("Uploads")


def test_an_archive_can_be_written_to_it(files: BucketFiles) -> None:
    with files.write("exports/a.zip", "application/zip") as sink, zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("large.bin", bytes(PART_BYTES * 2))
    parts = files.parts("exports/a.zip")
    assert parts is not None
    assert sum(map(len, parts)) > PART_BYTES * 2


def test_of_what_is_not_there_there_are_no_parts(files: BucketFiles) -> None:
    assert files.parts("media/lunch/m1/video.mp4") is None
