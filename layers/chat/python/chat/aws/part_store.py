"""S3's multipart uploads behind `chat.upload_parts.PartStore`. Uses boto3, which is too heavy for the hot path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from chat.aws import media_store
from chat.media import UPLOAD_LIFETIME_S, Upload, upload_key
from chat.upload_parts import Address, StoredPart, WantedPart, size_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHECKSUM = "x-amz-checksum-sha256"


@dataclass(frozen=True)
class MultipartStore:
    """The stage's bucket."""

    s3: S3Client
    bucket: str

    def begin(self, upload: Upload) -> str:
        """See `chat.upload_parts.PartStore`. Each part has a SHA-256, and the object one of them all."""
        answer = self.s3.create_multipart_upload(
            Bucket=self.bucket,
            Key=upload_key(upload.media),
            ContentType=upload.content_type,
            ChecksumAlgorithm="SHA256",
        )
        return answer["UploadId"]

    def address(self, upload: Upload, part: WantedPart) -> Address:
        """See `chat.upload_parts.PartStore`. Size and checksum are signed: S3 takes nothing else."""
        url = self.s3.generate_presigned_url(
            "upload_part",
            Params={
                "Bucket": self.bucket,
                "Key": upload_key(upload.media),
                "UploadId": _s3_upload(upload),
                "PartNumber": part.number,
                "ContentLength": size_of(part.number, upload.size_bytes),
                "ChecksumSHA256": part.sha256,
            },
            ExpiresIn=UPLOAD_LIFETIME_S,
        )
        return Address(part.number, url, {CHECKSUM: part.sha256})

    def stored(self, upload: Upload) -> list[StoredPart] | None:
        """See `chat.upload_parts.PartStore`. One call: no upload has more parts than one answer lists."""
        try:
            answer = self.s3.list_parts(Bucket=self.bucket, Key=upload_key(upload.media), UploadId=_s3_upload(upload))
        except self.s3.exceptions.NoSuchUpload:
            return None
        return [
            StoredPart(part["PartNumber"], part["Size"], part.get("ChecksumSHA256"), part["ETag"])
            for part in answer.get("Parts", [])
        ]

    def join(self, upload: Upload, parts: Sequence[StoredPart]) -> None:
        """See `chat.upload_parts.PartStore`. S3 looks at the size once more."""
        named = [{"PartNumber": part.number, "ETag": part.tag, "ChecksumSHA256": part.sha256 or ""} for part in parts]
        try:
            self.s3.complete_multipart_upload(
                Bucket=self.bucket,
                Key=upload_key(upload.media),
                UploadId=_s3_upload(upload),
                MultipartUpload={"Parts": named},  # type: ignore[typeddict-item]
                MpuObjectSize=upload.size_bytes,
            )
        except self.s3.exceptions.NoSuchUpload:
            return  # somebody else was faster

    def give_up(self, upload: Upload) -> None:
        """See `chat.upload_parts.PartStore`."""
        try:
            self.s3.abort_multipart_upload(
                Bucket=self.bucket, Key=upload_key(upload.media), UploadId=_s3_upload(upload)
            )
        except self.s3.exceptions.NoSuchUpload:
            return


def _s3_upload(upload: Upload) -> str:
    if upload.s3_upload is None:
        raise ValueError(f"{upload.media} does not come in parts")
    return upload.s3_upload


@cache
def parts() -> MultipartStore:
    """This stage's parts of uploads."""
    bucket = media_store.bucket()
    return MultipartStore(bucket.s3, bucket.name)
