"""From a file to the stage: permission and transfer. What becomes of it there: `agent_chat.upload_outcome`."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent_chat.errors import MediaRejectedError, UploadNotFoundError
from agent_chat.http import Progress
from agent_chat.upload_api import Cut, UploadApi, UploadStatus
from agent_chat.upload_parts import PartsTransfer, insist

RECENT = 100
"""Messages before a resumed upload's end among which its own may be: it may have arrived long before."""


def guess_content_type(path: Path) -> str:
    """The type that a file's name stands for; the stage says which it takes, and looks at the bytes itself."""
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"


@dataclass(frozen=True)
class Uploading:
    """A file on its way into a room. `permitted` hears the upload's id before anything is sent."""

    api: UploadApi
    room: str
    path: Path
    content_type: str
    progress: Progress | None = None
    permitted: Callable[[str], None] | None = None

    async def send(self, begun: str | None = None) -> str:
        """Sends the file, or what is missing of an upload of it that was `begun` before; the upload's id.

        Raises `ChatError`, `MediaRejectedError` for one that came to nothing, OSError or ValueError for the file.
        """
        status = None if begun is None else await self._status(begun)
        if status is not None and status.state == "rejected":
            raise MediaRejectedError(status.reason or "The upload was rejected.")
        if begun is not None and status is not None and status.state in {"processing", "announced"}:
            return begun
        if begun is not None and status is not None and status.state == "sending" and status.parts is not None:
            stored = {part.number: part.sha256 for part in status.parts.stored}
            await self._send_parts(begun, status.parts, stored)
            return begun
        return await self._send_anew()

    async def _status(self, media: str) -> UploadStatus | None:
        """None where the stage has forgotten the upload."""
        try:
            return await insist(lambda: self.api.status(media))
        except UploadNotFoundError:
            return None

    async def _send_anew(self) -> str:
        size_bytes, sha256 = await asyncio.to_thread(_measure, self.path)
        wanted = {
            "room": self.room,
            "name": self.path.name,
            "content_type": self.content_type,
            "size_bytes": size_bytes,
            "sha256": sha256,
        }
        permit = await insist(lambda: self.api.permit(wanted))
        if self.permitted is not None:
            self.permitted(permit.media)
        if permit.parts is not None:
            await self._send_parts(permit.media, permit.parts, {})
        elif permit.upload is not None:
            form = permit.upload
            api = self.api.api
            await api.upload(form.url, form.fields, self.path, self.content_type, self.progress)
        return permit.media

    async def _send_parts(self, media: str, cut: Cut, stored: dict[int, str]) -> None:
        transfer = PartsTransfer(
            api=self.api, media=media, path=self.path, cut=cut, stored=stored, progress=self.progress
        )
        await transfer.send()


def _measure(path: Path) -> tuple[int, str]:
    """The file's size, and the SHA-256 by which the stage knows that it arrived whole."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return file.tell(), base64.b64encode(digest.digest()).decode()
