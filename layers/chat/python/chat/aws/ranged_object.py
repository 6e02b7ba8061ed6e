"""An object in S3 as a file that is read and sought in, without being fetched first: a request for each part.

An upload's form can be used again while its first bytes are worked on. So an object has a stamp, by which every step
knows that it has the bytes that were inspected before it: its checksum and the second in which it was stored. The
latter is there since somebody may put other bytes in between, for a scanner to see, and then the first ones again.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from chat.media import MediaError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from mypy_boto3_s3 import S3Client

PART_BYTES = 4 * 1024 * 1024
"""What one request reads ahead: of a gigabyte 256 of them, each paid for as one GET."""


def stamp_of(answer: Mapping[str, Any]) -> str:
    """Of the object that a request of S3 was answered with."""
    return f"{answer['ETag']}@{answer['LastModified'].timestamp():.0f}"


def require_stamp(answer: Mapping[str, Any], stamp: str | None) -> None:
    """Raises `MediaError` where this is another object under the same key; None for a stamp asks for none."""
    if stamp is not None and stamp_of(answer) != stamp:
        raise MediaError("The file was sent again while it was worked on; send it once.")


class RangedObject(io.RawIOBase):
    """Keeps one part in memory. Not for two threads. Any read may raise `MediaError`: see above."""

    def __init__(self, s3: S3Client, bucket: str, key: str, stamp: str | None = None) -> None:
        """Asks for the size: one HEAD. Raises botocore's `ClientError` where there is no such object."""
        super().__init__()
        self._s3, self._bucket, self._key = s3, bucket, key
        head = s3.head_object(Bucket=bucket, Key=key)
        require_stamp(head, stamp)
        self.size_bytes, self.stamp = head["ContentLength"], stamp_of(head)
        self._at = 0
        self._part, self._part_at = b"", 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is; seeking costs nothing by itself."""
        return True

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As files do."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size_bytes}[whence]
        if origin + offset < 0:
            raise ValueError("before the beginning")
        self._at = origin + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        """At most the rest of the part at hand."""
        view = memoryview(buffer).cast("B")
        found = self._from_here()[: len(view)]
        view[: len(found)] = found
        self._at += len(found)
        return len(found)

    def parts(self) -> Iterator[bytes]:
        """All of it, from the beginning."""
        self._at = 0
        while part := self._from_here():
            self._at += len(part)
            yield bytes(part)
        self._at = 0

    def _from_here(self) -> memoryview:
        if self._at >= self.size_bytes:
            return memoryview(b"")
        if not self._part_at <= self._at < self._part_at + len(self._part):
            last = min(self._at + PART_BYTES, self.size_bytes) - 1
            answer = self._s3.get_object(Bucket=self._bucket, Key=self._key, Range=f"bytes={self._at}-{last}")
            require_stamp(answer, self.stamp)
            self._part, self._part_at = answer["Body"].read(), self._at
        return memoryview(self._part)[self._at - self._part_at :]
