"""S3 behind `chat.ports.Files`. Uses boto3, which is too heavy for the hot path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from chat.aws import media_store
from chat.aws.object_writer import ObjectWriter
from chat.aws.ranged_object import RangedObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NOT_FOUND = "404"
"""What a HEAD has of an error: no body says more."""

BATCH = 1_000
"""Objects that one DeleteObjects takes (S3 quota)."""


@dataclass(frozen=True)
class BucketFiles:
    """The stage's bucket."""

    s3: S3Client
    bucket: str

    def get(self, key: str) -> bytes | None:
        """See `chat.ports.Files`."""
        try:
            return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return None

    def parts(self, key: str) -> Iterator[bytes] | None:
        """See `chat.ports.Files`."""
        try:
            return RangedObject(self.s3, self.bucket, key).parts()
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == NOT_FOUND:
                return None
            raise

    def put(self, key: str, body: bytes, content_type: str) -> None:
        """See `chat.ports.Files`."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)

    @contextmanager
    def write(self, key: str, content_type: str) -> Iterator[ObjectWriter]:
        """See `chat.ports.Files`."""
        writer = ObjectWriter(self.s3, self.bucket, key, content_type)
        try:
            yield writer
        except BaseException:
            writer.give_up()
            raise
        writer.finish()

    def remove(self, keys: Sequence[str]) -> None:
        """See `chat.ports.Files`."""
        self._delete(keys)

    def remove_below(self, prefix: str) -> None:
        """See `chat.ports.Files`."""
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
            self._delete([found["Key"] for found in page.get("Contents", [])])

    def link(self, key: str, *, expires_in_s: int) -> str:
        """See `chat.ports.Files`. It ends with the function's credentials, some hours at most."""
        return self.s3.generate_presigned_url(
            "get_object", Params={"Bucket": self.bucket, "Key": key}, ExpiresIn=expires_in_s
        )

    def _delete(self, keys: Sequence[str]) -> None:
        for at in range(0, len(keys), BATCH):
            objects = [{"Key": key} for key in keys[at : at + BATCH]]
            answer = self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True})  # type: ignore[typeddict-item]
            if answer.get("Errors"):
                raise OSError(f"{len(answer['Errors'])} of {len(objects)} objects could not be removed")


@cache
def files() -> BucketFiles:
    """This stage's files."""
    bucket = media_store.bucket()
    return BucketFiles(bucket.s3, bucket.name)
