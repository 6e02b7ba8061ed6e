"""As little of an HTTP server as can be, so that the client is what is measured: HTTP/1.1, and HTTP/2 where offered.

A service takes a request whole and answers it at once; the answer leaves after the time that the service takes. Of
HTTP/2 there is what a well-behaved client needs of a server; of its headers only the path is decoded.
"""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, cast

from hpack.huffman_table import decode_huffman

WINDOW = 2**31 - 1
STREAMS = 128
"""Streams that a client may have open on a connection."""

_DATA, _HEADERS, _SETTINGS, _PING, _WINDOW_UPDATE = 0, 1, 4, 6, 8
_END_STREAM, _ACK = 1, 1
_HEAD_BYTES = 9
_PREFACE_BYTES = 24
_PATHS = (4, 5)  # where HPACK's static table has `:path`
_INDEXED_STATUS = {200: b"\x88", 204: b"\x89", 400: b"\x8c", 404: b"\x8d", 500: b"\x8e"}

_TARGET, _LENGTH = b"\r\nx-amz-target: ", b"\r\ncontent-length: "


@dataclass(frozen=True, slots=True)
class Answer:
    """`error` is the code by which AWS' SDKs know what is wrong, empty where nothing is."""

    status: int = 200
    body: bytes = b""
    error: str = ""


class Service(Protocol):
    """What stands behind the server. `delay_s`: how long an answer takes."""

    delay_s: float

    def answer(self, path: str, target: str, body: bytes) -> Answer:
        """`target` names the operation where AWS puts it into a header (HTTP/1.1 only)."""


class Delays:
    """Answers on their way. All take equally long, so that they leave in the order in which they came."""

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s
        self._waiting: deque[tuple[float, Callable[[Answer], None], Answer]] = deque()
        self._loop = asyncio.get_running_loop()

    def send(self, give: Callable[[Answer], None], answer: Answer) -> None:
        """Gives the answer when its time has come."""
        self._waiting.append((self._loop.time() + self._delay_s, give, answer))
        if len(self._waiting) == 1:
            self._loop.call_at(self._waiting[0][0], self._give)

    def _give(self) -> None:
        now_s = self._loop.time()
        while self._waiting and self._waiting[0][0] <= now_s:
            _, give, answer = self._waiting.popleft()
            give(answer)
        if self._waiting:
            self._loop.call_at(self._waiting[0][0], self._give)


class _Http1:
    def __init__(self, transport: asyncio.Transport, service: Service, delays: Delays) -> None:
        self._transport, self._service, self._delays = transport, service, delays
        self._received = b""

    def take(self, data: bytes) -> None:
        """One connection's bytes. Requests are not sent before the answer to the one before."""
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._received[:end]
        size = int(_header(head, _LENGTH) or 0)
        if len(self._received) < end + 4 + size:
            return
        path = head.split(b" ", 2)[1].decode()
        body = self._received[end + 4 : end + 4 + size]
        self._received = self._received[end + 4 + size :]
        self._delays.send(self._give, self._service.answer(path, _header(head, _TARGET).decode(), body))

    def _give(self, answer: Answer) -> None:
        error = f"x-amzn-ErrorType: {answer.error}\r\n" if answer.error else ""
        head = (
            f"HTTP/1.1 {answer.status} -\r\nContent-Type: application/x-amz-json-1.0\r\n{error}"
            f"Content-Length: {len(answer.body)}\r\n\r\n"
        )
        self._transport.write(head.encode() + answer.body)


class _Http2:
    def __init__(self, transport: asyncio.Transport, service: Service, delays: Delays) -> None:
        self._transport, self._service, self._delays = transport, service, delays
        self._received = bytearray()
        self._skip = _PREFACE_BYTES
        self._requests: dict[int, tuple[str, bytearray]] = {}
        self._leaving: list[bytes] = []
        streams = struct.pack(">HI", 3, STREAMS)
        transport.write(_frame(_SETTINGS, 0, 0, streams) + _frame(_WINDOW_UPDATE, 0, 0, _number(WINDOW - 65_535)))

    def take(self, data: bytes) -> None:
        """One connection's bytes."""
        received = self._received
        received += data
        at = self._skip if len(received) >= self._skip else 0
        if self._skip and not at:
            return
        self._skip = 0
        while len(received) - at >= _HEAD_BYTES:
            size = int.from_bytes(received[at : at + 3], "big")
            end = at + _HEAD_BYTES + size
            if len(received) < end:
                break
            stream = int.from_bytes(received[at + 5 : at + 9], "big")
            self._frame(received[at + 3], received[at + 4], stream, bytes(received[at + _HEAD_BYTES : end]))
            at = end
        del received[:at]

    def _frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == _HEADERS:
            self._requests[stream] = (path_of(payload), bytearray())
        elif kind == _DATA:
            self._requests[stream][1].extend(payload)
        elif kind in {_SETTINGS, _PING} and not flags & _ACK:
            self._transport.write(_frame(kind, _ACK, 0, payload if kind == _PING else b""))
            return
        if kind in {_HEADERS, _DATA} and flags & _END_STREAM:
            path, body = self._requests.pop(stream)
            answer = self._service.answer(path, "", bytes(body))
            self._delays.send(lambda given: self._give(stream, given), answer)

    def _give(self, stream: int, answer: Answer) -> None:
        """Answers that are due together leave together."""
        if not self._leaving:
            asyncio.get_running_loop().call_soon(self._flush)
        status = _INDEXED_STATUS.get(answer.status, b"\x08\x03%d" % answer.status)
        self._leaving.append(_frame(_HEADERS, 4 if answer.body else 4 | _END_STREAM, stream, status))
        if answer.body:
            self._leaving.append(_frame(_DATA, _END_STREAM, stream, answer.body))

    def _flush(self) -> None:
        self._transport.write(b"".join(self._leaving))
        self._leaving.clear()


class _Connection(asyncio.Protocol):
    def __init__(self, service: Service, delays: Delays) -> None:
        self._service, self._delays = service, delays

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        secured = transport.get_extra_info("ssl_object")
        spoken = _Http2 if secured and secured.selected_alpn_protocol() == "h2" else _Http1
        self._spoken = spoken(cast("asyncio.Transport", transport), self._service, self._delays)

    def data_received(self, data: bytes) -> None:
        self._spoken.take(data)


async def listen(service: Service, context: ssl.SSLContext | None) -> asyncio.Server:
    """Serves on a free port of the loopback, over TLS with a `context`."""
    delays = Delays(service.delay_s)
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: _Connection(service, delays), "127.0.0.1", 0, ssl=context, backlog=512)


def path_of(block: bytes) -> str:
    """The path in a block of headers (HPACK, RFC 7541): the first field whose name is that one of the static table."""
    at = 0
    while True:
        first = block[at]
        if first & 0x80:
            _, at = _integer(block, at, 7)
        elif first & 0xE0 == 0x20:  # noqa: PLR2004 - a change of the table's size
            _, at = _integer(block, at, 5)
        else:
            name, at = _integer(block, at, 6 if first & 0x40 else 4)
            if name == 0:
                _, at = _string(block, at)
            value, at = _string(block, at)
            if name in _PATHS:
                return _text(value)


@lru_cache(maxsize=100_000)
def _text(value: tuple[bool, bytes]) -> str:
    encoded, raw = value
    return (decode_huffman(raw) if encoded else raw).decode()


def _string(block: bytes, at: int) -> tuple[tuple[bool, bytes], int]:
    encoded = bool(block[at] & 0x80)
    size, at = _integer(block, at, 7)
    return (encoded, block[at : at + size]), at + size


def _integer(block: bytes, at: int, bits: int) -> tuple[int, int]:
    most = (1 << bits) - 1
    value = block[at] & most
    at += 1
    if value < most:
        return value, at
    shift = 0
    while True:
        part = block[at]
        at += 1
        value += (part & 0x7F) << shift
        shift += 7
        if part < 0x80:  # noqa: PLR2004 - the last part has no such bit
            return value, at


def _header(head: bytes, name: bytes) -> bytes:
    start = head.lower().find(name)
    if start < 0:
        return b""
    end = head.find(b"\r\n", start + len(name))
    return head[start + len(name) : end if end >= 0 else None]


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + _number(stream) + payload


def _number(value: int) -> bytes:
    return value.to_bytes(4, "big")
