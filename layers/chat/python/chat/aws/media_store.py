"""The media bucket and the records of uploads. Uses boto3, which is too heavy for the hot path."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import boto3
from botocore.config import Config

from chat.aws import wiring
from chat.aws.models import CANCELLED, REJECTED, UploadRecord
from chat.aws.ranged_object import RangedObject, require_stamp
from chat.media import UPLOAD_LIFETIME_S, MediaError, Upload, upload_key
from chat.settings import Runtime

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

IMMUTABLE = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class MediaBucket:
    """The bucket that uploads arrive in and variants are served from."""

    s3: S3Client
    name: str

    def permit(self, upload: Upload) -> dict[str, Any]:
        """A presigned POST (`url`, `fields`) for exactly this upload: its key, type, size and checksum."""
        fields = {"Content-Type": upload.content_type}
        if upload.sha256:
            fields |= {"x-amz-checksum-algorithm": "SHA256", "x-amz-checksum-sha256": upload.sha256}
        return self.s3.generate_presigned_post(
            self.name,
            upload_key(upload.media),
            Fields=dict(fields),
            Conditions=[
                *({name: value} for name, value in fields.items()),
                ["content-length-range", 1, upload.size_bytes],
            ],
            ExpiresIn=UPLOAD_LIFETIME_S,
        )

    def open(self, key: str, stamp: str | None = None) -> RangedObject:
        """The object as a file, of which only what is read is fetched. Raises botocore's `ClientError` for none.

        Where `stamp` is given, and it is the object's no more, `MediaError`.
        """
        return RangedObject(self.s3, self.name, key, stamp)

    def read(self, key: str, stamp: str | None = None) -> bytes:
        """The object's bytes; raises as `open`."""
        answer = self.s3.get_object(Bucket=self.name, Key=key)
        require_stamp(answer, stamp)
        return answer["Body"].read()

    def find(self, key: str) -> bytes | None:
        """The object's bytes, None where there is none."""
        try:
            return self.read(key)
        except self.s3.exceptions.NoSuchKey:
            return None

    def publish(self, key: str, body: bytes, content_type: str) -> None:
        """Stores a variant to be cached for ever: its bytes never change under its key."""
        self.s3.put_object(Bucket=self.name, Key=key, Body=body, ContentType=content_type, CacheControl=IMMUTABLE)

    def publish_file(self, key: str, path: Path, content_type: str) -> None:
        """As `publish`, of a file of any size."""
        told = {"ContentType": content_type, "CacheControl": IMMUTABLE}
        self.s3.upload_file(str(path), self.name, key, ExtraArgs=told)

    def offer(self, key: str, body: bytes, content_type: str) -> None:
        """Stores what browsers save and do not open, named by whoever links to it; cached as `publish` says."""
        self.s3.put_object(
            Bucket=self.name,
            Key=key,
            Body=body,
            ContentType=content_type,
            ContentDisposition="attachment",
            CacheControl=IMMUTABLE,
        )

    def sizes_below(self, prefix: str) -> dict[str, int]:
        """The bytes of each object whose key begins so."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return {found["Key"]: found["Size"] for page in pages for found in page.get("Contents", [])}

    def discard(self, key: str) -> None:
        """Removes an object; removing none is not an error."""
        self.s3.delete_object(Bucket=self.name, Key=key)


@cache
def bucket() -> MediaBucket:
    """This stage's media bucket."""
    runtime = Runtime.from_env()
    # An emulator on a plain host name answers by path; S3 itself signs for the regional virtual host.
    style: Literal["path", "virtual"] = "path" if runtime.endpoint_url else "virtual"
    config = Config(signature_version="s3v4", s3={"addressing_style": style}, connect_timeout=2, read_timeout=10)
    return MediaBucket(
        boto3.client("s3", region_name=runtime.region, config=config), wiring.settings().need("media_bucket")
    )


@cache
def uploads() -> type[UploadRecord]:
    """The records of this stage's uploads."""
    UploadRecord.bind(wiring.settings().need("rooms_table"), Runtime.from_env().region)
    return UploadRecord


def in_work(media: str) -> UploadRecord:
    """The record of an upload that something may still come of, or has. Raises `MediaError` for any other.

    Each step asks, however late it runs: of what was deleted, rejected or given up nothing is made any more.
    """
    record = uploads().find(media)
    if record is None or record.status in {REJECTED, CANCELLED}:
        raise MediaError("The upload was forgotten.")
    return record
