"""The body of an upload: a form of many parts, the last of them a file that is read while it is sent."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from typing import BinaryIO

CHUNK_BYTES = 64 * 1024


class UploadForm:
    """Fields and an open file of that name and type, as multipart/form-data of a known size."""

    def __init__(self, fields: dict[str, str], file: BinaryIO, name: str, content_type: str) -> None:
        boundary = secrets.token_hex(16)
        name = name.replace("\\", "_").replace('"', "_").replace("\r", "_").replace("\n", "_")
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
            for field, value in fields.items()
        ]
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: {content_type}\r\n\r\n"
        )
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self.file_bytes = os.fstat(file.fileno()).st_size
        self._file = file
        self._head = "".join(parts).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self.size_bytes = len(self._head) + self.file_bytes + len(self._tail)

    def chunks(self, report: Callable[[int], None]) -> Iterator[bytes]:
        """The form's bytes; `report` hears how many of the file's are gone. Raises ValueError for a file cut short."""
        yield self._head
        sent_bytes = 0
        while chunk := self._file.read(min(CHUNK_BYTES, self.file_bytes - sent_bytes)):
            yield chunk
            sent_bytes += len(chunk)
            report(sent_bytes)
        if sent_bytes != self.file_bytes:
            # No OSError: urllib would take that for one of the network.
            raise ValueError("The file became shorter while it was read.")
        yield self._tail
