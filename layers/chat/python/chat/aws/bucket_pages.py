"""Goes through the stage's bucket page by page: unfinished uploads in parts, what was uploaded, what is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chat.media import UPLOADS
from chat.ports import Item
from chat.shown_media import MEDIA

PAGE = 500
"""Objects, of some 55 images: as many records are read for them."""

PARTS = "parts"
PHASES = (PARTS, UPLOADS, MEDIA)


@dataclass(frozen=True)
class BucketPages:
    """Rows have `key` and `at_ms`, when it was begun or stored; unfinished uploads an `upload` besides."""

    s3: Any
    bucket: str

    def expected(self) -> None:
        """Nobody counts objects."""

    def page(self, cursor: Mapping[str, Any] | None) -> tuple[list[Item], Item | None]:
        """The next ones, and behind which to go on; None at the end. One call."""
        at = dict(cursor) if cursor else {"phase": PARTS, "after": ""}
        rows, more = self._parts(at) if at["phase"] == PARTS else self._objects(at)
        if more:
            return rows, more
        following = PHASES.index(at["phase"]) + 1
        return rows, {"phase": PHASES[following], "after": ""} if following < len(PHASES) else None

    def _parts(self, at: Item) -> tuple[list[Item], Item | None]:
        behind = {"KeyMarker": at["after"], "UploadIdMarker": at["upload"]} if at["after"] else {}
        answer = self.s3.list_multipart_uploads(Bucket=self.bucket, Prefix=UPLOADS, MaxUploads=PAGE, **behind)
        rows = [
            {"key": each["Key"], "upload": each["UploadId"], "at_ms": _ms(each["Initiated"])}
            for each in answer.get("Uploads", [])
        ]
        if not answer.get("IsTruncated"):
            return rows, None
        return rows, {"phase": PARTS, "after": answer["NextKeyMarker"], "upload": answer["NextUploadIdMarker"]}

    def _objects(self, at: Item) -> tuple[list[Item], Item | None]:
        phase = at["phase"]
        answer = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=phase, StartAfter=at["after"], MaxKeys=PAGE)
        rows = [{"key": each["Key"], "at_ms": _ms(each["LastModified"])} for each in answer.get("Contents", [])]
        return rows, {"phase": phase, "after": rows[-1]["key"]} if rows and answer.get("IsTruncated") else None


def give_up_parts(s3: Any, bucket: str, key: str, upload: str) -> None:  # noqa: ANN401  # one of boto3's many
    """Removes the parts of an upload. One that was joined or given up meanwhile is none any more."""
    try:
        s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
    except s3.exceptions.NoSuchUpload:
        return


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
