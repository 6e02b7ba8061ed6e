"""One request at a time through libcurl, with as few options set as the request before allows.

Between recipients of a frame only the URL changes. Between frames so do the headers and the body.
"""

from __future__ import annotations

import pycurl

from chat.aws.calls import Call, Request
from chat.aws.credentials import Credentials

CONNECT_TIMEOUT_MS = 1_000

_DEFAULTS = (0, False, False)
"""What libcurl does unless told: no time limit, any kept connection, its own where there is none."""


class Handle:
    """One of libcurl's easy handles, with the options that it has at the moment."""

    def __init__(self, region: str, certificates: str | None) -> None:
        """`certificates`: the file of those that TLS trusts, None for libcurl's own."""
        self.curl = pycurl.Curl()
        self._region, self._certificates = region, certificates
        self._parts: list[bytes] = []
        self._request: Request | None = None
        self._credentials: Credentials | None = None
        self._kind: tuple[str, str, bool] | None = None
        self._options = _DEFAULTS

    def aim(self, call: Call, credentials: Credentials, timeout_ms: int, *, shares: bool) -> None:
        """Prepares the next try of a call. One that `shares` waits for a connection being opened instead of its own."""
        curl, request = self.curl, call.request
        if credentials is not self._credentials or (request is not self._request and request != self._request):
            self._set_up(request, credentials)
        options = (timeout_ms, call.fresh, shares)
        if options != self._options:
            curl.setopt(pycurl.TIMEOUT_MS, timeout_ms)
            curl.setopt(pycurl.FRESH_CONNECT, call.fresh)
            curl.setopt(pycurl.PIPEWAIT, shares)
            self._options = options
        curl.setopt(pycurl.URL, call.url)

    def take(self) -> bytes:
        """The body received, which is then the caller's."""
        if not self._parts:
            return b""
        body = b"".join(self._parts)
        self._parts.clear()
        return body

    def _set_up(self, request: Request, credentials: Credentials) -> None:
        kind = (request.service, request.method, request.body is None)
        if kind != self._kind or credentials is not self._credentials:
            self._start_over(request, credentials)
        headers = [*request.headers, "Expect:", "Accept:"]
        if credentials.session_token:
            headers.append(f"X-Amz-Security-Token: {credentials.session_token}")
        self.curl.setopt(pycurl.HTTPHEADER, headers)
        if request.body is not None:
            self.curl.setopt(pycurl.POSTFIELDS, request.body)
        self._request, self._credentials, self._kind = request, credentials, kind

    def _start_over(self, request: Request, credentials: Credentials) -> None:
        """Sets what requests of a kind have in common."""
        curl = self.curl
        curl.reset()
        curl.setopt(pycurl.AWS_SIGV4, f"aws:amz:{self._region}:{request.service}")
        curl.setopt(pycurl.USERNAME, credentials.access_key)
        curl.setopt(pycurl.PASSWORD, credentials.secret_key)
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS)
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.WRITEFUNCTION, self._parts.append)
        if request.method == "HEAD":
            curl.setopt(pycurl.NOBODY, 1)
        else:
            curl.setopt(pycurl.CUSTOMREQUEST, request.method)
        if self._certificates:
            curl.setopt(pycurl.CAINFO, self._certificates)
        self._options = _DEFAULTS
