"""Where a backup's files are: a folder of a bucket, or a directory of this machine. A file is written whole or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import ClientError

from operations.errors import UsageError
from operations.stage import Stage

S3 = "s3://"


class Place(Protocol):
    """Files by name, with `/` between folders."""

    def write(self, name: str, body: bytes) -> None:
        """Stores a file, over any before it."""

    def read(self, name: str) -> bytes | None:
        """The file's bytes, None where there is none."""

    def names(self, prefix: str) -> Iterator[str]:
        """Of all files whose names begin so, in their order."""

    def below(self, folder: str) -> Place:
        """One of its folders."""


@dataclass(frozen=True)
class Directory:
    """A directory of this machine, made when the first file comes."""

    root: Path

    def __str__(self) -> str:
        return str(self.root)

    def write(self, name: str, body: bytes) -> None:
        """See `Place`."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.part")
        unfinished.write_bytes(body)
        unfinished.replace(path)

    def read(self, name: str) -> bytes | None:
        """See `Place`."""
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            return None

    def names(self, prefix: str) -> Iterator[str]:
        """See `Place`."""
        found = (path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file())
        yield from sorted(name for name in found if name.startswith(prefix) and not name.endswith(".part"))

    def below(self, folder: str) -> Directory:
        """See `Place`."""
        return Directory(self.root / folder)


@dataclass(frozen=True)
class Bucket:
    """What is below a prefix of a bucket. `prefix` ends with `/`, or is empty."""

    s3: Any
    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"{S3}{self.bucket}/{self.prefix}"

    def write(self, name: str, body: bytes) -> None:
        """See `Place`."""
        self.s3.put_object(Bucket=self.bucket, Key=self.prefix + name, Body=body)

    def read(self, name: str) -> bytes | None:
        """See `Place`."""
        try:
            body: bytes = self.s3.get_object(Bucket=self.bucket, Key=self.prefix + name)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise
        return body

    def names(self, prefix: str) -> Iterator[str]:
        """See `Place`."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix + prefix)
        for page in pages:
            yield from (found["Key"].removeprefix(self.prefix) for found in page.get("Contents", []))

    def below(self, folder: str) -> Bucket:
        """See `Place`."""
        return Bucket(self.s3, self.bucket, f"{self.prefix}{folder.rstrip('/')}/")


def place_at(address: str, stage: Stage) -> Directory | Bucket:
    """`s3://BUCKET/FOLDER`, or a directory's path. Raises `UsageError` for what is neither."""
    if not address.startswith(S3):
        if "://" in address:
            raise UsageError(f"{address} is neither s3://BUCKET/FOLDER nor a directory.")
        return Directory(Path(address).expanduser().resolve())
    bucket, _, folder = address.removeprefix(S3).partition("/")
    if not bucket:
        raise UsageError(f"{address} names no bucket: s3://BUCKET/FOLDER.")
    folder = folder.strip("/")
    return Bucket(stage.client("s3"), bucket, f"{folder}/" if folder else "")
