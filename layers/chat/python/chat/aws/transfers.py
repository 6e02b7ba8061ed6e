"""libcurl's side of the client: many requests at once over kept connections, from plain synchronous code.

Connections belong to the multi handle and outlive the invocation. The first answer of a service tells which HTTP it
speaks, and others wait for it, though not for long: over HTTP/2 they share its connection, and a fan-out costs one TLS
handshake; over HTTP/1.1 as many connections are opened as there is use for.

libcurl itself repeats a request whose kept connection turns out to be closed, where the server took its leave.
"""

from __future__ import annotations

import time

import pycurl

from chat.aws.calls import Call, Response
from chat.aws.credentials import Credentials
from chat.aws.handles import Handle

SOCKETS = 64
"""Connections kept by one function instance, to all services together."""

AT_ONCE = 60
"""Requests under way at once over HTTP/1.1: a fan-out leaves the few connections to other services alone."""

STREAMS = 240
"""As `AT_ONCE` over HTTP/2, where a connection carries up to 100 (libcurl's limit; servers have theirs)."""

HEAD_START_S = 0.1
"""How long a service's first request of all is waited for: certificates read, a handshake and an answer, as a rule."""

_BROKEN = frozenset({pycurl.E_GOT_NOTHING, pycurl.E_SEND_ERROR, pycurl.E_RECV_ERROR, pycurl.E_HTTP2})
"""How a connection ends that the server has closed."""

_IDLE_S = 0.001
"""Pause where libcurl has nothing to wait on yet."""


class Transfers:
    """The requests under way and the connections they use. Not for use by several threads."""

    def __init__(self, region: str, certificates: str | None) -> None:
        """`certificates`: the file of those that TLS trusts, None for libcurl's own."""
        self._region, self._certificates = region, certificates
        self._multi = _multi()
        self._idle: list[Handle] = []
        self._under_way: dict[pycurl.Curl, tuple[Handle, Call]] = {}
        self._limits: dict[str, int] = {}
        self._scouts: dict[str, float] = {}
        self._hung = False

    def room_for(self, call: Call) -> bool:
        """Whether one more request of its service may start."""
        service, under_way = call.request.service, len(self._under_way)
        if under_way and service not in self._limits and time.monotonic() < self._scouts.get(service, 0) + HEAD_START_S:
            return False
        return under_way < self._limits.get(service, AT_ONCE)

    def start(self, call: Call, credentials: Credentials, timeout_ms: int) -> None:
        """Sends the request on its way; its end comes out of `finished`."""
        if self._hung and not self._under_way:
            self._forget_connections()
        handle = self._idle.pop() if self._idle else Handle(self._region, self._certificates)
        call.credentials = credentials
        call.tries += 1
        service = call.request.service
        self._scouts.setdefault(service, time.monotonic())
        handle.aim(call, credentials, timeout_ms, shares=self._limits.get(service) == STREAMS)
        self._multi.add_handle(handle.curl)
        self._under_way[handle.curl] = (handle, call)

    def finished(self, wait_s: float) -> list[tuple[Call, Response]]:
        """What has come to an end; waits up to `wait_s` seconds for anything to happen where nothing has."""
        if not self._under_way:
            time.sleep(wait_s)
            return []
        self._multi.perform()
        done = self._collect()
        if not done:
            self._wait(wait_s)
        return done

    def abandon(self) -> None:
        """Drops whatever is under way."""
        for curl, (handle, _) in self._under_way.items():
            self._multi.remove_handle(curl)
            handle.take()
            self._idle.append(handle)
        self._under_way.clear()

    def _wait(self, at_most_s: float) -> None:
        """Until a socket has something, or libcurl has to look at a time limit of its own."""
        if self._scouts.keys() - self._limits.keys():
            at_most_s = min(at_most_s, HEAD_START_S)
        timer_ms = self._multi.timeout()
        wait_s = at_most_s if timer_ms < 0 else min(at_most_s, timer_ms / 1000)
        if self._multi.select(wait_s) < 0:
            time.sleep(min(wait_s, _IDLE_S))

    def _collect(self) -> list[tuple[Call, Response]]:
        done: list[tuple[Call, Response]] = []
        queued = 1
        while queued:
            queued, succeeded, failed = self._multi.info_read(STREAMS)
            done += [self._end(curl, 0, "") for curl in succeeded]
            done += [self._end(curl, code, message) for curl, code, message in failed]
        return done

    def _end(self, curl: pycurl.Curl, code: int, message: str) -> tuple[Call, Response]:
        handle, call = self._under_way.pop(curl)
        self._multi.remove_handle(curl)
        body, elapsed_ms = handle.take(), curl.getinfo(pycurl.TOTAL_TIME) * 1000
        service = call.request.service
        if code:
            answer = Response(0, error=message or f"libcurl's error {code}", elapsed_ms=elapsed_ms)
            call.stale = code in _BROKEN and curl.getinfo(pycurl.NUM_CONNECTS) == 0
            call.fresh = code == pycurl.E_OPERATION_TIMEDOUT and self._limits.get(service) == STREAMS
            self._hung |= call.fresh
        else:
            shared = curl.getinfo(pycurl.INFO_HTTP_VERSION) == pycurl.CURL_HTTP_VERSION_2_0
            self._limits[service] = STREAMS if shared else AT_ONCE
            call.stale = False
            answer = Response(curl.getinfo(pycurl.RESPONSE_CODE), body, elapsed_ms=elapsed_ms)
        self._idle.append(handle)
        return call, answer

    def _forget_connections(self) -> None:
        """Over HTTP/2 a request without an answer leaves its connection open, and all others would hang with it."""
        self._multi.close()
        self._multi, self._hung = _multi(), False


def _multi() -> pycurl.CurlMulti:
    multi = pycurl.CurlMulti()
    multi.setopt(pycurl.M_MAXCONNECTS, SOCKETS)
    multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, SOCKETS)
    multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, AT_ONCE)
    return multi
