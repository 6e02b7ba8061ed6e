"""The media bucket and the records of uploads. Uses boto3, which is too heavy for the hot path."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from chat.aws import wiring
from chat.aws.models import UploadRecord
from chat.media import MAX_UPLOAD_BYTES, UPLOAD_LIFETIME_S, Upload, upload_key
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

    def read(self, key: str) -> bytes:
        """The object's bytes, at most one more than an upload may have."""
        try:
            answer = self.s3.get_object(Bucket=self.name, Key=key, Range=f"bytes=0-{MAX_UPLOAD_BYTES}")
        except ClientError as error:
            if error.response["Error"]["Code"] == "InvalidRange":
                return b""  # of an empty object there is no first byte
            raise
        return answer["Body"].read()

    def publish(self, key: str, body: bytes, content_type: str) -> None:
        """Stores a variant to be cached for ever: its bytes never change under its key."""
        self.s3.put_object(Bucket=self.name, Key=key, Body=body, ContentType=content_type, CacheControl=IMMUTABLE)

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
