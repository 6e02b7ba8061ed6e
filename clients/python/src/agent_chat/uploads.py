"""From a file to an image in a room: permission, transfer, and the wait for what becomes of it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import mimetypes
from collections.abc import AsyncIterator
from pathlib import Path

from agent_chat.errors import ConnectionLostError, MediaRejectedError, OutcomeUnknownError, UnauthorizedError
from agent_chat.frames import MediaRejected, Message
from agent_chat.http import Api, Progress, UploadPermit
from agent_chat.tasks import cancel
from agent_chat.tokens import TokenSource

TIMEOUT_S = 120.0
"""From the end of the transfer to the message: scaling an image takes seconds, its queue's retries a minute."""


def guess_content_type(path: Path) -> str:
    """The type that a file's name stands for; the stage says which it takes, and looks at the bytes itself."""
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"


async def permit(tokens: TokenSource, api: Api, room: str, path: Path, content_type: str) -> UploadPermit:
    """Permission to upload a file, with a renewed token where the last one was refused. Raises `ChatError`, OSError."""
    size_bytes, sha256 = await asyncio.to_thread(_measure, path)

    async def ask(token: str) -> UploadPermit:
        return await api.permit_upload(
            token, room=room, name=path.name, content_type=content_type, size_bytes=size_bytes, sha256=sha256
        )

    try:
        return await ask(await tokens.token(renew=False))
    except UnauthorizedError:
        return await ask(await tokens.token(renew=True))


def _measure(path: Path) -> tuple[int, str]:
    """The file's size, and the SHA-256 by which the store knows that it arrived whole."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return file.tell(), base64.b64encode(digest.digest()).decode()


async def transfer(api: Api, granted: UploadPermit, path: Path, content_type: str, progress: Progress | None) -> None:
    """Sends the file's bytes."""
    await api.upload(granted.upload, path, content_type, progress)


async def outcome(
    media: str, messages: AsyncIterator[Message], rejections: AsyncIterator[MediaRejected], timeout_s: float = TIMEOUT_S
) -> Message:
    """The message that an upload became.

    Raises `MediaRejectedError` with the reason, `OutcomeUnknownError` when neither came in time: a rejection is told
    to open connections only.
    """

    async def announced() -> Message:
        async for message in messages:
            if message.media is not None and message.media.id == media:
                return message
        raise ConnectionLostError("The client was closed before the upload was done with.")

    async def refused() -> Message:
        async for rejection in rejections:
            if rejection.media == media:
                raise MediaRejectedError(rejection.reason)
        raise ConnectionLostError("The client was closed before the upload was done with.")

    waits = [asyncio.create_task(announced()), asyncio.create_task(refused())]
    try:
        done, _ = await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            raise OutcomeUnknownError(f"Nothing was heard of the upload {media} within {timeout_s:.0f} s.")
        return done.pop().result()
    finally:
        await cancel(*waits)
