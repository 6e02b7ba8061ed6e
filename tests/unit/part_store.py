"""A bucket in memory for tests of uploads in parts: it takes what its own addresses allow, as S3 does."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from chat.media import Upload
from chat.upload_parts import Address, StoredPart, WantedPart, size_of


def sha256(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


@dataclass
class MemoryParts:
    """`objects` are what was joined, by upload. Addresses are `memory:UPLOAD/NUMBER`."""

    waiting: dict[str, dict[int, tuple[str, bytes]]] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    joins: int = 0
    allowed: dict[str, tuple[str, int, str, int]] = field(default_factory=dict)

    def begin(self, upload: Upload) -> str:
        name = f"s3-{upload.media}"
        self.waiting[name] = {}
        return name

    def address(self, upload: Upload, part: WantedPart) -> Address:
        url = f"memory:{upload.s3_upload}/{part.number}/{part.sha256}"
        size_bytes = size_of(part.number, upload.size_bytes)
        self.allowed[url] = (str(upload.s3_upload), part.number, part.sha256, size_bytes)
        return Address(part.number, url, {"x-amz-checksum-sha256": part.sha256})

    def put(self, url: str, body: bytes) -> int:
        """The status that a PUT is answered with."""
        name, number, checksum, size_bytes = self.allowed[url]
        if name not in self.waiting:
            return 404
        if len(body) != size_bytes:
            return 403
        if sha256(body) != checksum:
            return 400
        self.waiting[name][number] = (checksum, body)
        return 200

    def stored(self, upload: Upload) -> list[StoredPart] | None:
        parts = self.waiting.get(str(upload.s3_upload))
        if parts is None:
            return None
        return [
            StoredPart(number, len(body), checksum, f"tag-{number}")
            for number, (checksum, body) in sorted(parts.items())
        ]

    def join(self, upload: Upload, parts: Sequence[StoredPart]) -> None:
        waiting = self.waiting.pop(str(upload.s3_upload), None)
        if waiting is not None:
            self.objects[upload.media] = b"".join(waiting[part.number][1] for part in parts)
            self.joins += 1

    def give_up(self, upload: Upload) -> None:
        self.waiting.pop(str(upload.s3_upload), None)
