"""One HTTP request: sent from a thread, and ended on the wire when nobody waits for its answer any more.

The standard library's client knows proxies and certificates, so it is enough; what it lacks is a wait that can be given
up. No redirects are followed (a bearer token goes to the stage's origin and nowhere else), no connections are kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from agent_chat.errors import ChatError, RefusedError, UnavailableError, UnreachableError, refused

NOT_MODIFIED = 304
UNAUTHORIZED = 401
TOO_MANY = 429
SERVER_FAULT = 500


class _Problem(msgspec.Struct, frozen=True):
    code: str
    message: str
    temporary: bool = False
    retry_after_ms: int | None = None


async def exchange(request: urllib.request.Request, *, timeout_s: float, broken_off: bool = False) -> bytes:
    """The body of a 2xx answer; with `broken_off` also what came of one that ends too early.

    `timeout_s` bounds each wait for the network. Cancelling ends the request. Raises what the server said, or
    `UnreachableError`.
    """
    return await _carry_out(_Attempt(request, timeout_s, broken_off=broken_off))


async def exchange_if_changed(
    request: urllib.request.Request, *, timeout_s: float, tag: str | None
) -> tuple[bytes | None, str | None]:
    """The body of a 2xx answer and its tag; no body where it is still the one of `tag`. Otherwise as `exchange`."""
    if tag is not None:
        request.add_header("If-None-Match", tag)
    attempt = _Attempt(request, timeout_s, broken_off=False)
    body = await _carry_out(attempt)
    return (None, tag) if attempt.unchanged else (body, attempt.tag)


async def _carry_out(attempt: _Attempt) -> bytes:
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[bytes] = loop.create_future()

    def settle(body: bytes | None, error: Exception | None) -> None:
        if answered.cancelled():
            return
        if error is not None:
            answered.set_exception(error)
        else:
            answered.set_result(body or b"")

    def run() -> None:
        body, failure = None, None
        try:
            body = attempt.run()
        except Exception as error:  # noqa: BLE001  # handed to who waits
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits
            loop.call_soon_threadsafe(settle, body, failure)

    threading.Thread(target=run, name=f"agent-chat {attempt.host}", daemon=True).start()
    try:
        return await answered
    finally:
        attempt.give_up()


class _Attempt:
    """The thread's side of a request. `give_up` may be called from another one, at any time."""

    def __init__(self, request: urllib.request.Request, timeout_s: float, *, broken_off: bool) -> None:
        self._request = request
        self._timeout_s = timeout_s
        self._broken_off = broken_off
        self._socket: socket.socket | None = None
        self._given_up = False
        self.host = request.host
        self.tag: str | None = None
        self.unchanged = False

    def run(self) -> bytes:
        opener = urllib.request.build_opener(_NoRedirects, _PlainHandler(self._opened), _SecureHandler(self._opened))
        try:
            with opener.open(self._request, timeout=self._timeout_s) as answer:
                self.tag = answer.headers.get("ETag")
                return self._read(answer)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == NOT_MODIFIED and self._request.has_header("If-none-match"):
                    self.unchanged = True
                    return b""
                raise _explain(error.code, error.read()) from None
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise UnreachableError(f"{self._request.host} does not answer: {reason}") from error

    def give_up(self) -> None:
        """Ends the connection, if there is one; one that is still being made ends as soon as it is."""
        self._given_up = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                # Of the socket below TLS: a word of farewell could block, and the thread is in the middle of reading.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _opened(self, opened: socket.socket) -> None:
        self._socket = opened
        if self._given_up:
            raise ConnectionAbortedError("Nobody waits for the answer any more.")

    def _read(self, answer: http.client.HTTPResponse) -> bytes:
        try:
            return answer.read()
        except http.client.IncompleteRead as cut:
            if self._broken_off:
                return cut.partial
            raise


class _Watched(urllib.request.AbstractHTTPHandler):
    """Tells of the socket that a request goes over."""

    def __init__(self, opened: Callable[[socket.socket], None], **options: Any) -> None:  # noqa: ANN401  # urllib's
        super().__init__(**options)
        self._opened = opened

    def do_open(self, http_class: Any, req: urllib.request.Request, **options: Any) -> Any:  # noqa: ANN401  # urllib's
        """See urllib."""

        def make(host: str, **more: Any) -> Any:  # noqa: ANN401  # urllib's
            connection = http_class(host, **more)
            connect = connection.connect

            def watched() -> None:
                connect()
                self._opened(connection.sock)

            connection.connect = watched
            return connection

        return super().do_open(make, req, **options)


class _PlainHandler(_Watched, urllib.request.HTTPHandler):
    pass


class _SecureHandler(_Watched, urllib.request.HTTPSHandler):
    def __init__(self, opened: Callable[[socket.socket], None]) -> None:
        super().__init__(opened, context=_certificates())


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:  # noqa: ANN401  # urllib's own untyped hook
        """Nothing is followed: the answer is the redirect itself."""


@cache
def _certificates() -> ssl.SSLContext:
    """Reading the system's certificates takes tens of milliseconds: once is enough."""
    return ssl.create_default_context()


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
