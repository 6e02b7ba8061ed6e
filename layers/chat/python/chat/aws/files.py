"""S3 and CloudFront behind `chat.ports.Files`. Uses boto3, which is too heavy for the hot path."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import boto3

from chat.aws import media_store, wiring
from chat.aws.parameters import read_parameter
from chat.settings import Runtime

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_s3 import S3Client

BATCH = 1_000
"""Objects that one DeleteObjects takes (S3 quota)."""

SERVED = "media/"
"""Prefix of what the distribution serves, and so of what it may have cached."""


@dataclass(frozen=True)
class BucketFiles:
    """The stage's bucket, and the distribution in front of it."""

    s3: S3Client
    cloudfront: CloudFrontClient
    bucket: str
    distribution: str

    def get(self, key: str) -> bytes | None:
        """See `chat.ports.Files`."""
        try:
            return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return None

    def put(self, key: str, body: bytes, content_type: str) -> None:
        """See `chat.ports.Files`."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)

    def remove(self, keys: Sequence[str]) -> None:
        """See `chat.ports.Files`. The caches let go within a minute or so."""
        self._delete(keys)
        served = [f"/{key}" for key in keys if key.startswith(SERVED)]
        if served:
            # The same files again are the same request, and answered as it was.
            reference = hashlib.sha256("\n".join(served).encode()).hexdigest()
            self.cloudfront.create_invalidation(
                DistributionId=self.distribution,
                InvalidationBatch={
                    "Paths": {"Quantity": len(served), "Items": served},
                    "CallerReference": reference,
                },
            )

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
    parameter = wiring.settings().distribution_parameter
    return BucketFiles(
        s3=media_store.bucket().s3,
        cloudfront=boto3.client("cloudfront", region_name=Runtime.from_env().region),
        bucket=media_store.bucket().name,
        distribution=read_parameter(wiring.client(), parameter) if parameter else "",
    )
