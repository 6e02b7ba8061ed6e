"""The stage's HTTP side: sign-in by name, tickets, uploads; and what stands in for a socket where there is none."""

from __future__ import annotations

import asyncio
import json
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from agent_chat.errors import ProtocolError, UnavailableError
from agent_chat.exchange import exchange
from agent_chat.frames import Author
from agent_chat.upload_form import UploadForm

REQUEST_TIMEOUT_S = 30.0
"""Longer than the start of a function's process. Of an upload: between any two of its chunks."""

HOLD_S = 20
"""How long the server may hold a request for events while there are none: its most."""

Kind = TypeVar("Kind")
Progress = Callable[[int, int], None]
"""Hears the bytes sent so far and the bytes in all."""


class NamedSession(msgspec.Struct, frozen=True):
    """A session of the built-in issuer. `expires_at_ms` by the server's clock."""

    token: str
    user: Author
    expires_at_ms: int


class Ticket(msgspec.Struct, frozen=True):
    """Opens one socket at `url`, once."""

    ticket: str
    url: str
    expires_at_ms: int

    @property
    def socket_url(self) -> str:
        """What to open. Not for logs: it holds the ticket."""
        return f"{self.url}?{urllib.parse.urlencode({'ticket': self.ticket})}"


class MediaAccess(msgspec.Struct, frozen=True):
    """What a member loads the media of a room with: `query` belongs behind the `?` of its addresses."""

    query: str
    expires_at_ms: int


@dataclass(frozen=True)
class Api:
    """The HTTP endpoints under a stage's URL, such as `https://chat.example.com`. ValueError for what is none."""

    url: str

    def __post_init__(self) -> None:
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise ValueError(f"{self.url!r} is not the URL of a stage, such as https://chat.example.com")
        object.__setattr__(self, "url", f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}")

    async def sign_in(self, name: str) -> NamedSession:
        """A session of the built-in issuer. Raises `SignInUnavailableError` where the stage has none."""
        return await self.call("POST", "/api/sessions", NamedSession, body={"name": name})

    async def create_ticket(self, token: str) -> Ticket:
        """Raises `UnauthorizedError` for a token that is not good any more."""
        return await self.call("POST", "/api/tickets", Ticket, token=token, body={})

    async def media_access(self, token: str, room: str) -> MediaAccess:
        """Access to a room's media, for five minutes. Raises `NotAMemberError`, `BannedError`, `RoomNotFoundError`."""
        path = f"/api/rooms/{urllib.parse.quote(room, safe='')}/media-access"
        return await self.call("GET", path, MediaAccess, token=token)

    async def upload(
        self, url: str, fields: dict[str, str], path: Path, content_type: str, progress: Progress | None
    ) -> None:
        """Posts a file in a form with these fields. `progress` is called on the event loop. Cancelling ends it.

        Raises OSError or ValueError for the file.
        """
        loop = asyncio.get_running_loop()
        with await asyncio.to_thread(path.open, "rb") as file:
            form = UploadForm(fields, file, path.name, content_type)

            def report(sent_bytes: int) -> None:
                if progress is not None:
                    loop.call_soon_threadsafe(progress, sent_bytes, form.file_bytes)

            headers = {"Content-Type": form.content_type, "Content-Length": str(form.size_bytes)}
            request = urllib.request.Request(  # noqa: S310  # the stage's own answer says where
                url, data=form.chunks(report), headers=headers, method="POST"
            )
            await exchange(request, timeout_s=REQUEST_TIMEOUT_S)

    async def command(self, token: str, frame: str) -> str:
        """The reply frame to a command frame. Any error but `UnauthorizedError` says that no command was looked at."""
        request = self._request("/api/commands", token, frame.encode())
        answer = await exchange(request, timeout_s=REQUEST_TIMEOUT_S)
        try:
            return answer.decode()
        except UnicodeError:
            raise UnavailableError("Something else than the stage has answered.") from None

    async def events(self, token: str, places: str) -> str:
        """What is new in rooms behind these places (`ROOM:SEQ:REV,…`), as Server-Sent Events: an answer or part of one.

        Waits up to `HOLD_S` where nothing is. Raises what the server refuses it for, naming a room.
        """
        query = urllib.parse.urlencode({"rooms": places, "wait_s": HOLD_S}, safe=":,")
        request = self._request(f"/api/events?{query}", token)
        answer = await exchange(request, timeout_s=HOLD_S + REQUEST_TIMEOUT_S, broken_off=True)
        return answer.decode(errors="replace")  # it may break off in the middle of a character

    async def call(
        self, method: str, path: str, kind: type[Kind], *, token: str | None = None, body: dict[str, Any] | None = None
    ) -> Kind:
        """One request of JSON. Raises what the server refuses it for, `ProtocolError` for an answer that is none."""
        request = self._request(path, token, None if body is None else json.dumps(body).encode())
        request.method = method
        answer = await exchange(request, timeout_s=REQUEST_TIMEOUT_S)
        try:
            return msgspec.json.decode(answer, type=kind)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise ProtocolError(f"{path} answered something else than expected: {error}") from error

    def _request(self, path: str, token: str | None, body: bytes | None = None) -> urllib.request.Request:
        """A GET, or with a body a POST."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return urllib.request.Request(self.url + path, data=body, headers=headers)  # noqa: S310  # it was checked
