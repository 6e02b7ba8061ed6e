"""What becomes of a file that has arrived: its message, heard in the room, or a reason, heard or asked for.

A rejection is told to open sockets only, and a video takes the stage up to an hour and a half: so whoever waits asks
now and then how far the upload is, and waits on for as long as the stage works on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass

from agent_chat.errors import ChatError, ConnectionLostError, MediaRejectedError, OutcomeUnknownError
from agent_chat.frames import MediaRejected, Message
from agent_chat.tasks import cancel
from agent_chat.upload_api import UploadApi

ASK_EVERY_S = 20.0

PROCESSING_S = 95 * 60.0
"""Somewhat longer than the stage's own limit, after which it tells a reason itself."""

SILENT_S = 120.0
"""In any other state: the stage has to take what has arrived, and a message that was posted has to get here."""

OVER = {"rejected": "The upload was rejected.", "cancelled": "The upload was cancelled."}


@dataclass(frozen=True)
class UploadOutcome:
    """The wait for one upload, `media`, whose message comes among `messages` if it comes."""

    api: UploadApi
    media: str
    messages: AsyncIterator[Message]
    rejections: AsyncIterator[MediaRejected]

    async def message(self) -> Message:
        """The message that the upload became.

        Raises `MediaRejectedError` with the reason; `OutcomeUnknownError` when the stage does not say that it works on
        it, and nothing is heard of it for `SILENT_S`.
        """
        waits = [asyncio.create_task(self._announced()), asyncio.create_task(self._refused())]
        loop = asyncio.get_running_loop()
        state, since_s = "", loop.time()
        try:
            while not (done := await _first(waits, ASK_EVERY_S)):
                found = await self._state()
                if found != state:
                    state, since_s = found, loop.time()
                waited_s = loop.time() - since_s
                if waited_s >= (PROCESSING_S if state == "processing" else SILENT_S):
                    raise OutcomeUnknownError(f"Nothing was heard of the upload {self.media} for {waited_s:.0f} s.")
            return await done
        finally:
            await cancel(*waits)

    async def _state(self) -> str:
        """How far the stage says that it is, "" where it does not say. Raises `MediaRejectedError`."""
        try:
            status = await self.api.status(self.media)
        except ChatError:
            return ""
        if status.state in OVER:
            raise MediaRejectedError(status.reason or OVER[status.state])
        return status.state

    async def _announced(self) -> Message:
        async for message in self.messages:
            if message.media is not None and message.media.id == self.media:
                return message
        raise ConnectionLostError("The client was closed before the upload was done with.")

    async def _refused(self) -> Message:
        async for rejection in self.rejections:
            if rejection.media == self.media:
                raise MediaRejectedError(rejection.reason)
        raise ConnectionLostError("The client was closed before the upload was done with.")


async def _first(waits: list[asyncio.Task[Message]], timeout_s: float) -> Awaitable[Message] | None:
    """Whoever is done first, None for nobody in time."""
    done, _ = await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    return next((each for each in waits if each in done), None)
