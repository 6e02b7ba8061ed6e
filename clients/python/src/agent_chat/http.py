"""The stage's HTTP side: sign-in by name, tickets, uploads. A handful of requests in a connection's life.

So the standard library is enough: requests run on a thread, follow no redirects (a bearer token goes to the stage's
origin and nowhere else) and keep no connections.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from agent_chat.errors import ChatError, ProtocolError, RefusedError, UnavailableError, UnreachableError, refused
from agent_chat.frames import Author

REQUEST_TIMEOUT_S = 30.0
"""Longer than the start of a function's process. Of an upload: between any two of its chunks."""

CHUNK_BYTES = 64 * 1024
UNAUTHORIZED = 401
TOO_MANY = 429
SERVER_FAULT = 500

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


class UploadTarget(msgspec.Struct, frozen=True):
    """A presigned POST: every field, then the file."""

    url: str
    fields: dict[str, str]


class UploadPermit(msgspec.Struct, frozen=True):
    """Permission to upload one file, as `media`."""

    media: str
    upload: UploadTarget
    expires_at_ms: int


class _Problem(msgspec.Struct, frozen=True):
    code: str
    message: str
    temporary: bool = False
    retry_after_ms: int | None = None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:  # noqa: ANN401  # urllib's own untyped hook
        """Nothing is followed: the answer is the redirect itself."""


_opener = urllib.request.build_opener(_NoRedirects)


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
        return await self._post("/api/sessions", {"name": name}, NamedSession)

    async def create_ticket(self, token: str) -> Ticket:
        """Raises `UnauthorizedError` for a token that is not good any more."""
        return await self._post("/api/tickets", {}, Ticket, token)

    async def permit_upload(
        self, token: str, *, room: str, name: str, content_type: str, size_bytes: int
    ) -> UploadPermit:
        """Raises `UnsupportedTypeError`, `TooLargeError`, `NotAMemberError`, …."""
        body = {"room": room, "name": name, "content_type": content_type, "size_bytes": size_bytes}
        return await self._post("/api/media", body, UploadPermit, token)

    async def upload(self, target: UploadTarget, path: Path, content_type: str, progress: Progress | None) -> None:
        """Sends a file to its target. `progress` is called on the event loop. Cancelling ends the transfer."""
        form = _Form(target.fields, path, content_type)
        loop = asyncio.get_running_loop()

        def report(sent_bytes: int) -> None:
            if progress is not None:
                loop.call_soon_threadsafe(progress, sent_bytes, form.file_bytes)

        headers = {"Content-Type": form.content_type, "Content-Length": str(form.size_bytes)}
        request = urllib.request.Request(  # noqa: S310  # the stage's own answer says where
            target.url, data=form.chunks(report), headers=headers, method="POST"
        )
        try:
            await asyncio.to_thread(_exchange, request)
        finally:
            form.cancelled = True

    async def _post(self, path: str, body: dict[str, Any], kind: type[Kind], token: str | None = None) -> Kind:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(  # noqa: S310  # the scheme was checked
            self.url + path, data=json.dumps(body).encode(), headers=headers, method="POST"
        )
        answer = await asyncio.to_thread(_exchange, request)
        try:
            return msgspec.json.decode(answer, type=kind)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise ProtocolError(f"{path} answered something else than expected: {error}") from error


class _Form:
    """A multipart form that is read while it is sent."""

    def __init__(self, fields: dict[str, str], path: Path, content_type: str) -> None:
        boundary = secrets.token_hex(16)
        name = path.name.replace("\\", "_").replace('"', "_").replace("\r", "_").replace("\n", "_")
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
            for field, value in fields.items()
        ]
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: {content_type}\r\n\r\n"
        )
        self.cancelled = False
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self.file_bytes = path.stat().st_size
        self._path = path
        self._head = "".join(parts).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self.size_bytes = len(self._head) + self.file_bytes + len(self._tail)

    def chunks(self, report: Callable[[int], None]) -> Iterator[bytes]:
        """The form's bytes; `report` hears how many of the file's were taken."""
        yield self._head
        sent_bytes = 0
        with self._path.open("rb") as file:
            while chunk := file.read(min(CHUNK_BYTES, self.file_bytes - sent_bytes)):
                if self.cancelled:
                    raise OSError("The upload was cancelled.")
                yield chunk
                sent_bytes += len(chunk)
                report(sent_bytes)
        if sent_bytes != self.file_bytes:
            raise OSError("The file became shorter while it was read.")
        yield self._tail


def _exchange(request: urllib.request.Request) -> bytes:
    """The body of a 2xx answer. Raises what the server said, or `UnreachableError`."""
    try:
        with _opener.open(request, timeout=REQUEST_TIMEOUT_S) as answer:
            body: bytes = answer.read()
            return body
    except urllib.error.HTTPError as error:
        with error:
            raise _explain(error.code, error.read()) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise UnreachableError(f"{request.host} does not answer: {reason}") from error


def _explain(status: int, body: bytes) -> ChatError:
    """The error of an answer: the server's own words, or what the status means where a proxy has answered."""
    try:
        problem = msgspec.json.decode(body, type=_Problem)
    except (msgspec.DecodeError, UnicodeError):
        said = f"The answer was HTTP {status}."
        if status == UNAUTHORIZED:
            return refused("unauthorized", said, temporary=False, retry_after_ms=None)
        if status == TOO_MANY or status >= SERVER_FAULT:
            return UnavailableError(said)
        return RefusedError(said, code=f"http_{status}")
    return refused(
        problem.code,
        problem.message,
        temporary=problem.temporary or status == TOO_MANY,
        retry_after_ms=problem.retry_after_ms,
    )
