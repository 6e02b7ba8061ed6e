"""Uploads over HTTP: the endpoints below `/api/media`, with a user's token, and the store that parts are put into."""

from __future__ import annotations

import asyncio
import urllib.parse
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from agent_chat.errors import UnauthorizedError
from agent_chat.exchange import exchange
from agent_chat.http import REQUEST_TIMEOUT_S, Api
from agent_chat.tokens import TokenSource
from agent_chat.upload_form import CHUNK_BYTES

Answer = TypeVar("Answer")


class UploadTarget(msgspec.Struct, frozen=True):
    """A presigned POST: every field, then the file."""

    url: str
    fields: dict[str, str]


class Cut(msgspec.Struct, frozen=True):
    """How a file is cut: all parts but the last have `size_bytes`."""

    size_bytes: int
    count: int


class UploadPermit(msgspec.Struct, frozen=True):
    """Permission to upload one file, as `media`: into the form `upload`, or cut into `parts`."""

    media: str
    upload: UploadTarget | None = None
    parts: Cut | None = None


class Arrived(msgspec.Struct, frozen=True):
    """A part that the store has."""

    number: int
    sha256: str


class StoredParts(Cut, frozen=True):
    """With the parts that have arrived, while others are to come."""

    stored: list[Arrived]


class UploadStatus(msgspec.Struct, frozen=True):
    """An upload, as far as it is: `sending`, `processing`, `announced`, `rejected` or `cancelled`."""

    state: str
    reason: str | None = None
    parts: StoredParts | None = None


class PartAddress(msgspec.Struct, frozen=True):
    """Where one part is put, for some minutes, and the headers that go with it."""

    url: str
    headers: dict[str, str]


class _Addresses(msgspec.Struct, frozen=True):
    parts: list[PartAddress]


@dataclass(frozen=True)
class UploadApi:
    """One user's uploads at one stage. A token that was refused is renewed once. Raises `ChatError`."""

    api: Api
    tokens: TokenSource

    async def permit(self, wanted: dict[str, Any]) -> UploadPermit:
        """Raises `UnsupportedTypeError`, `TooLargeError`, `NotAMemberError`, … before anything is sent."""
        return await self._call("POST", "/api/media", UploadPermit, {**wanted, "parts": True})

    async def status(self, media: str) -> UploadStatus:
        """Raises `UploadNotFoundError`."""
        return await self._call("GET", _path(media), UploadStatus)

    async def address(self, media: str, number: int, sha256: str) -> PartAddress:
        """Where a part with this checksum is put. Raises `UploadClosedError`."""
        wanted = {"parts": [{"number": number, "sha256": sha256}]}
        return (await self._call("POST", _path(media, "/parts"), _Addresses, wanted)).parts[0]

    async def complete(self, media: str, sha256: list[str]) -> UploadStatus:
        """All parts are there, with these checksums. Raises `PartsMissingError`. Safe to repeat."""
        return await self._call("POST", _path(media, "/complete"), UploadStatus, {"sha256": sha256})

    async def cancel(self, media: str) -> UploadStatus:
        """Gives an upload up. Raises `UploadClosedError` for one that has arrived. Safe to repeat."""
        return await self._call("DELETE", _path(media), UploadStatus)

    async def put(self, address: PartAddress, part: bytes, report: Callable[[int], None]) -> None:
        """Stores a part; `report` hears on the event loop how many of its bytes are gone."""
        loop = asyncio.get_running_loop()
        request = urllib.request.Request(  # noqa: S310  # the stage's own answer says where
            address.url,
            data=_chunks(part, lambda sent_bytes: loop.call_soon_threadsafe(report, sent_bytes)),
            # urllib would declare a form's type.
            headers={**address.headers, "Content-Length": str(len(part)), "Content-Type": "application/octet-stream"},
            method="PUT",
        )
        await exchange(request, timeout_s=REQUEST_TIMEOUT_S)

    async def _call(self, method: str, path: str, kind: type[Answer], body: dict[str, Any] | None = None) -> Answer:
        async def ask(token: str) -> Answer:
            return await self.api.call(method, path, kind, token=token, body=body)

        return await self._signed_in(ask)

    async def _signed_in(self, ask: Callable[[str], Awaitable[Answer]]) -> Answer:
        try:
            return await ask(await self.tokens.token(renew=False))
        except UnauthorizedError:
            return await ask(await self.tokens.token(renew=True))


def _path(media: str, below: str = "") -> str:
    return f"/api/media/{urllib.parse.quote(media, safe='')}{below}"


def _chunks(part: bytes, report: Callable[[int], object]) -> Iterator[bytes]:
    for at in range(0, len(part), CHUNK_BYTES):
        chunk = part[at : at + CHUNK_BYTES]
        yield chunk
        report(at + len(chunk))
