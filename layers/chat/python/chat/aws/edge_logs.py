"""The bucket that CloudFront leaves its logs in. Uses boto3, which is too heavy for the hot path."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import boto3

from chat.aws import wiring
from chat.aws.parameters import read_parameter
from chat.edge_log import DamagedLogError, Views, read
from chat.settings import Runtime

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "distribution/"
"""Of everything that the distribution leaves there."""


@dataclass(frozen=True)
class LogBucket:
    """The log files of one distribution, named `distribution/ID.YYYY-MM-DD-HH.RANDOM.gz`, the hour in UTC."""

    s3: S3Client
    name: str
    distribution: str

    def of(self, day: str) -> Iterator[str]:
        """The files of a day (`2026-11-26`), without what their keys have in common. A call for 1,000 of them."""
        prefix = f"{PREFIX}{self.distribution}.{day}"
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix):
            yield from (found["Key"].removeprefix(PREFIX) for found in page.get("Contents", []))

    def read(self, name: str) -> Views:
        """What a file says, line by line: never more than one in memory. Raises `DamagedLogError`."""
        body = self.s3.get_object(Bucket=self.name, Key=PREFIX + name)["Body"]
        try:
            with gzip.open(body) as unpacked, io.TextIOWrapper(unpacked, "utf-8", errors="replace") as lines:
                return read(lines)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DamagedLogError(str(error)) from error


@cache
def bucket() -> LogBucket:
    """Of this stage's distribution."""
    settings, runtime = wiring.settings(), Runtime.from_env()
    return LogBucket(
        s3=boto3.client("s3", region_name=runtime.region),
        name=settings.need("edge_log_bucket"),
        distribution=read_parameter(wiring.client(), settings.need("distribution_parameter")),
    )
