"""An object in S3 as a file that is written to, of any size: a part of it is in memory at a time."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES = 8 * 1024 * 1024
"""What one request carries. 10,000 of them are an object's most (S3 quota): 80 GB."""


class ObjectWriter(io.RawIOBase):
    """The object is there, whole, once it is finished, and not before. Not for two threads."""

    def __init__(self, s3: S3Client, bucket: str, key: str, content_type: str) -> None:
        """No call."""
        super().__init__()
        self._s3, self._bucket, self._key, self._content_type = s3, bucket, key, content_type
        self._held = bytearray()
        self._upload: str | None = None
        self._parts: list[CompletedPartTypeDef] = []

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: ReadableBuffer) -> int:
        """Takes all of it; a request for each part that is full."""
        size = len(memoryview(data).cast("B"))
        self._held += memoryview(data).cast("B")
        while len(self._held) >= PART_BYTES:
            self._send(bytes(self._held[:PART_BYTES]))
            del self._held[:PART_BYTES]
        return size

    def finish(self) -> None:
        """Makes the object: one request where it is smaller than a part."""
        if self._upload is None:
            self._s3.put_object(
                Bucket=self._bucket, Key=self._key, Body=bytes(self._held), ContentType=self._content_type
            )
            return
        if self._held:
            self._send(bytes(self._held))
        self._s3.complete_multipart_upload(
            Bucket=self._bucket, Key=self._key, UploadId=self._upload, MultipartUpload={"Parts": self._parts}
        )

    def give_up(self) -> None:
        """Leaves nothing behind."""
        if self._upload is not None:
            self._s3.abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=self._upload)

    def _send(self, part: bytes) -> None:
        if self._upload is None:
            begun = self._s3.create_multipart_upload(Bucket=self._bucket, Key=self._key, ContentType=self._content_type)
            self._upload = begun["UploadId"]
        number = len(self._parts) + 1
        stored = self._s3.upload_part(
            Bucket=self._bucket, Key=self._key, UploadId=self._upload, PartNumber=number, Body=part
        )
        self._parts.append({"PartNumber": number, "ETag": stored["ETag"]})
