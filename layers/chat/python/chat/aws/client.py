"""Signed HTTP to AWS over libcurl: kept connections, many requests at once, no SDK.

libcurl signs (SigV4), keeps connections alive between invocations and drives up to `SOCKETS` of them from plain
synchronous code: a tenth of the CPU of botocore a call, and no import to pay for at a cold start. It repeats a request
whose kept connection turns out to be closed, so every call made through here must be safe to repeat.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pycurl

SOCKETS = 64
"""Requests under way at once in one function instance."""

CONNECT_TIMEOUT_MS = 1_000
REQUEST_TIMEOUT_MS = 5_000
ATTEMPTS = 4
"""Tries of a request that was throttled, failed on the other side or got no answer."""

BACKOFF_MS = 25
"""First pause between tries, doubled each time, with full jitter."""

_TRANSIENT = frozenset({429, 500, 502, 503, 504})
_CERTIFICATE_FILES = ("/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem")


@dataclass(frozen=True)
class Credentials:
    """What requests are signed with; `session_token` is empty for long-term keys."""

    access_key: str
    secret_key: str
    session_token: str = ""


@dataclass(frozen=True)
class Request:
    """One call. `service` is its name in the signature; `headers` are signed, too."""

    service: str
    url: str
    body: bytes | None = None
    method: str = "POST"
    headers: tuple[str, ...] = ()
    timeout_ms: int = REQUEST_TIMEOUT_MS


@dataclass(frozen=True)
class Response:
    """`status` is 0 when there was no answer; `error` then says why, in words for the log."""

    status: int
    body: bytes = b""
    error: str = ""
    elapsed_ms: float = 0.0

    @property
    def ok(self) -> bool:
        """The call was carried out."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own range

    @property
    def transient(self) -> bool:
        """The same call may succeed later."""
        return self.status == 0 or self.status in _TRANSIENT or (self.status == 400 and b"Throttl" in self.body)  # noqa: PLR2004


@dataclass
class AwsClient:
    """Calls AWS with one function instance's credentials. Not for use by several threads."""

    region: str
    credentials: Credentials
    endpoint_url: str | None = None
    """Answers for every service instead of AWS: an emulator's. None on AWS."""
    _multi: pycurl.CurlMulti = field(default_factory=pycurl.CurlMulti, init=False, repr=False)
    _idle: list[pycurl.Curl] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        self._multi.setopt(pycurl.M_MAXCONNECTS, SOCKETS)

    def url(self, service: str, path: str = "/") -> str:
        """Where a regional service answers."""
        return (self.endpoint_url or f"https://{service}.{self.region}.amazonaws.com").rstrip("/") + path

    def call(self, request: Request) -> Response:
        """One request, tried up to `ATTEMPTS` times while the answer is transient."""
        return self.call_all([request])[0]

    def call_all(self, requests: Sequence[Request], *, attempts: int = ATTEMPTS) -> list[Response]:
        """All requests, up to `SOCKETS` at once; the answers in their order. Transient ones are retried."""
        answers: list[Response] = self._round(requests)
        for attempt in range(1, attempts):
            again = [at for at, answer in enumerate(answers) if answer.transient]
            if not again:
                break
            time.sleep(random.uniform(0, BACKOFF_MS * 2**attempt) / 1000)  # noqa: S311 - jitter, not a secret
            for at, answer in zip(again, self._round([requests[at] for at in again]), strict=True):
                answers[at] = answer
        return answers

    def _round(self, requests: Sequence[Request]) -> list[Response]:
        answers: list[Response | None] = [None] * len(requests)
        waiting = iter(range(len(requests)))
        under_way: dict[pycurl.Curl, tuple[int, BytesIO]] = {}
        try:
            for at in waiting:
                self._start(under_way, at, requests[at])
                if len(under_way) == SOCKETS:
                    break
            while under_way:
                self._multi.perform()
                for handle, error in self._finished():
                    at, body = under_way.pop(handle)
                    answers[at] = _response(handle, body, error)
                    self._release(handle)
                    following = next(waiting, None)
                    if following is not None:
                        self._start(under_way, following, requests[following])
                if under_way and self._multi.select(1.0) < 0:
                    time.sleep(0.001)  # nothing to wait on yet, as while a name is being resolved
        finally:
            for handle in under_way:
                self._release(handle)
        return [answer for answer in answers if answer is not None]

    def _start(self, under_way: dict[pycurl.Curl, tuple[int, BytesIO]], at: int, request: Request) -> None:
        handle = self._idle.pop() if self._idle else pycurl.Curl()
        body = BytesIO()
        self._prepare(handle, request)
        handle.setopt(pycurl.WRITEFUNCTION, body.write)
        self._multi.add_handle(handle)
        under_way[handle] = (at, body)

    def _prepare(self, handle: pycurl.Curl, request: Request) -> None:
        credentials = self.credentials
        headers = list(request.headers)
        if credentials.session_token:
            headers.append(f"X-Amz-Security-Token: {credentials.session_token}")
        handle.setopt(pycurl.URL, request.url)
        handle.setopt(pycurl.AWS_SIGV4, f"aws:amz:{self.region}:{request.service}")
        handle.setopt(pycurl.USERPWD, f"{credentials.access_key}:{credentials.secret_key}")
        handle.setopt(pycurl.HTTPHEADER, [*headers, "Expect:", "Accept:"])
        handle.setopt(pycurl.CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS)
        handle.setopt(pycurl.TIMEOUT_MS, request.timeout_ms)
        handle.setopt(pycurl.NOSIGNAL, 1)
        if request.body is not None:
            handle.setopt(pycurl.POSTFIELDS, request.body)
        if request.method == "HEAD":
            handle.setopt(pycurl.NOBODY, 1)
        else:
            handle.setopt(pycurl.CUSTOMREQUEST, request.method)
        if CERTIFICATES:
            handle.setopt(pycurl.CAINFO, CERTIFICATES)

    def _finished(self) -> list[tuple[pycurl.Curl, str]]:
        done: list[tuple[pycurl.Curl, str]] = []
        more = 1
        while more:
            more, succeeded, failed = self._multi.info_read()
            done += [(handle, "") for handle in succeeded]
            done += [(handle, message) for handle, _, message in failed]
        return done

    def _release(self, handle: pycurl.Curl) -> None:
        self._multi.remove_handle(handle)
        handle.reset()
        self._idle.append(handle)


def _response(handle: pycurl.Curl, body: BytesIO, error: str) -> Response:
    return Response(
        status=0 if error else handle.getinfo(pycurl.RESPONSE_CODE),
        body=body.getvalue(),
        error=error,
        elapsed_ms=handle.getinfo(pycurl.TOTAL_TIME) * 1000,
    )


CERTIFICATES = next((path for path in _CERTIFICATE_FILES if Path(path).exists()), None)
"""The machine's file of trusted certificates; None where libcurl is left to find its own."""
