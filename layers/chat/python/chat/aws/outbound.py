"""libcurl behind `chat.outbound.Outbound`: many POSTs at once to addresses that others have given.

Whether an address may be reached is decided when libcurl opens the socket, by the address that it is about to connect
to: a name that answers one thing when it is checked and another when it is used gains nothing. Redirects are not
followed, and no proxy is used.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

import pycurl

from chat.aws.certificates import CERTIFICATES
from chat.outbound import OutboundAnswer, OutboundRequest, is_public

TIMEOUT_MS = 5_000
"""For name resolution, connection, TLS and answer together."""

MAX_ANSWER_BYTES = 16 * 1024
"""Nobody reads answers: an endless one is cut off. The status has come by then."""

CONNECTIONS = 64

_WAIT_S = 1.0


class HttpOutbound:
    """One instance's connections, kept between invocations. Not for use by several threads."""

    def __init__(self, *, private: bool = False, timeout_ms: int = TIMEOUT_MS) -> None:
        """`private` allows every address, and HTTP without TLS: on one machine."""
        self._private = private
        self._timeout_ms = timeout_ms
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, CONNECTIONS)

    def post(self, requests: Sequence[OutboundRequest]) -> list[OutboundAnswer]:
        """See `chat.outbound.Outbound`."""
        transfers = [_Transfer(request, private=self._private, timeout_ms=self._timeout_ms) for request in requests]
        under_way = {transfer.curl: transfer for transfer in transfers}
        for curl in under_way:
            self._multi.add_handle(curl)
        while under_way:
            self._multi.perform()
            for curl, error in self._finished():
                self._multi.remove_handle(curl)
                under_way.pop(curl).end(error)
            if under_way:
                self._multi.select(_WAIT_S)
        return [transfer.answer for transfer in transfers]

    def _finished(self) -> list[tuple[pycurl.Curl, str]]:
        done: list[tuple[pycurl.Curl, str]] = []
        queued = 1
        while queued:
            queued, succeeded, failed = self._multi.info_read()
            done += [(curl, "") for curl in succeeded]
            done += [(curl, message) for curl, _, message in failed]
        return done


class _Transfer:
    """One POST."""

    def __init__(self, request: OutboundRequest, *, private: bool, timeout_ms: int) -> None:
        self.answer = OutboundAnswer(0, "not sent")
        self.curl = pycurl.Curl()
        self._private = private
        self._refused = ""
        self._received_bytes = 0
        self._set_up(request, timeout_ms)

    def end(self, error: str) -> None:
        """Keeps what became of it. Of an answer that was cut off there is a status."""
        status = 0 if error and not self._cut_off else self.curl.getinfo(pycurl.RESPONSE_CODE)
        self.answer = OutboundAnswer(status, "" if status else self._refused or error)
        self.curl.close()

    @property
    def _cut_off(self) -> bool:
        return self._received_bytes > MAX_ANSWER_BYTES

    def _set_up(self, request: OutboundRequest, timeout_ms: int) -> None:
        curl = self.curl
        curl.setopt(pycurl.URL, request.url)
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTPS | (pycurl.PROTO_HTTP if self._private else 0))
        curl.setopt(pycurl.PROXY, "")
        curl.setopt(pycurl.POSTFIELDS, request.body)
        curl.setopt(pycurl.HTTPHEADER, [*(f"{name}: {value}" for name, value in request.headers), "Expect:"])
        curl.setopt(pycurl.TIMEOUT_MS, timeout_ms)
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.WRITEFUNCTION, self._take)
        curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open)
        if CERTIFICATES:
            curl.setopt(pycurl.CAINFO, CERTIFICATES)

    def _take(self, part: bytes) -> int:
        self._received_bytes += len(part)
        return 0 if self._cut_off else len(part)  # fewer than were given end the transfer

    def _open(self, _purpose: int, address: Any) -> socket.socket | int:  # noqa: ANN401  # pycurl has no types
        family, kind, protocol, place = address
        if not (self._private or is_public(str(place[0]))):
            self._refused = "the host's address is not a public one"
            return int(pycurl.SOCKET_BAD)
        return socket.socket(family, kind, protocol)
