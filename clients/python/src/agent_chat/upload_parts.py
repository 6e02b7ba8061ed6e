"""A large file in parts, several at once: each is repeated until it is there, and what is there is not sent again."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from agent_chat.backoff import full_jitter_ms
from agent_chat.errors import ChatError
from agent_chat.http import Progress
from agent_chat.tasks import cancel
from agent_chat.upload_api import Cut, UploadApi

PARALLEL_PARTS = 3
"""Parts that are under way, and in memory, at the same time."""

MAX_TRIES = 12
"""Of one request: a minute or two of a line that is down."""

FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 500, 20_000

PATIENCE_MS = 60_000
"""Who is to wait for longer, for tomorrow's quota say, is told so at once."""

_STORES_PASSING = ("http_400", "http_403")
"""What the store answers for bytes that were damaged on their way, and for an address that has expired."""

Answer = TypeVar("Answer")


async def insist(act: Callable[[], Awaitable[Answer]], *, passing: tuple[str, ...] = ()) -> Answer:
    """What `act` gives, tried again while it fails for a moment, or with a code that is `passing`."""
    for tried in range(MAX_TRIES):
        try:
            return await act()
        except ChatError as error:
            asked_ms = error.retry_after_ms or 0
            may_pass = (error.temporary and asked_ms <= PATIENCE_MS) or error.code in passing
            if not may_pass or tried == MAX_TRIES - 1:
                raise
            await asyncio.sleep((asked_ms + full_jitter_ms(tried, FIRST_PAUSE_MS, LONGEST_PAUSE_MS)) / 1000)
    raise AssertionError("the last try returns or raises")


@dataclass(kw_only=True)
class PartsTransfer:
    """The parts of one file. `stored` are the checksums of those that have arrived, by number."""

    api: UploadApi
    media: str
    path: Path
    cut: Cut
    stored: Mapping[int, str]
    progress: Progress | None

    def __post_init__(self) -> None:
        self._size_bytes = self.path.stat().st_size
        self._sent_bytes: dict[int, int] = {}
        self._checksums: dict[int, str] = {}

    async def send(self) -> None:
        """Returns when the whole file is in the store. Raises `ChatError`, OSError for the file."""
        numbers = iter(range(1, self.cut.count + 1))
        workers = [asyncio.create_task(self._work(numbers)) for _ in range(PARALLEL_PARTS)]
        try:
            await asyncio.gather(*workers)
        finally:
            await cancel(*workers)
        checksums = [self._checksums[number] for number in range(1, self.cut.count + 1)]
        await insist(lambda: self.api.complete(self.media, checksums))

    async def _work(self, numbers: Iterator[int]) -> None:
        for number in numbers:
            await self._send_part(number)

    async def _send_part(self, number: int) -> None:
        part = await asyncio.to_thread(self._read, number)
        self._checksums[number] = sha256 = checksum_of(part)

        async def put() -> None:
            # Each try has an address of its own: they are good for some minutes only.
            address = await self.api.address(self.media, number, sha256)
            await self.api.put(address, part, lambda sent_bytes: self._report(number, sent_bytes))

        if self.stored.get(number) != sha256:
            await insist(put, passing=_STORES_PASSING)
        self._report(number, len(part))

    def _read(self, number: int) -> bytes:
        begin = (number - 1) * self.cut.size_bytes
        with self.path.open("rb") as file:
            file.seek(begin)
            part = file.read(self.cut.size_bytes)
        if len(part) != min(self.cut.size_bytes, self._size_bytes - begin):
            raise ValueError("The file became shorter while it was read.")
        return part

    def _report(self, number: int, sent_bytes: int) -> None:
        """A part that is repeated takes nothing back of what was reported before."""
        before = self._sent_bytes.get(number, 0)
        self._sent_bytes[number] = max(before, sent_bytes)
        if self.progress is not None and sent_bytes > before:
            self.progress(sum(self._sent_bytes.values()), self._size_bytes)


def checksum_of(part: bytes) -> str:
    """SHA-256 in base64."""
    return base64.b64encode(hashlib.sha256(part).digest()).decode()
