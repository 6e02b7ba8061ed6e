"""Valkey's protocol (RESP 2): commands to bytes, bytes to replies. Pure: knows no socket."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Argument = bytes | str | int

MAX_DEPTH = 4
"""Arrays within arrays that a reply to a command of ours may have; it has one."""


class MalformedReplyError(Exception):
    """What came is no reply: the connection can't be read on from here."""


class Refusal(Exception):  # noqa: N818 - it is a reply, and raised nowhere
    """The server's answer to a command that it did not carry out."""


Reply = bytes | int | list[Any] | Refusal | None
"""Lists hold replies."""


def pack(commands: Sequence[Sequence[Argument]]) -> bytes:
    """Commands, one after the other, as they are sent."""
    parts: list[bytes] = []
    for command in commands:
        parts.append(b"*%d\r\n" % len(command))
        for argument in command:
            text = argument if isinstance(argument, bytes) else str(argument).encode()
            parts.append(b"$%d\r\n%b\r\n" % (len(text), text))
    return b"".join(parts)


class Replies:
    """Reads replies out of bytes as they come."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, received: bytes) -> None:
        """Takes what the connection has received."""
        self._buffer += received

    def take(self, number: int) -> list[Reply] | None:
        """The next `number` replies, None while not all of them are there. Raises `MalformedReplyError`."""
        replies, at = [], 0
        for _ in range(number):
            read = self._read(at)
            if read is None:
                return None
            reply, at = read
            replies.append(reply)
        del self._buffer[:at]
        return replies

    def _read(self, at: int, depth: int = 0) -> tuple[Reply, int] | None:
        """The reply that begins at `at`, and where the next one does."""
        end = self._buffer.find(b"\r\n", at)
        if end < 0:
            return None
        kind, line, after = self._buffer[at : at + 1], bytes(self._buffer[at + 1 : end]), end + 2
        if kind == b"+":
            return line, after
        if kind == b"-":
            return Refusal(line.decode("utf-8", "replace")), after
        number = _number(line)
        if kind == b":":
            return number, after
        if kind == b"$":
            return self._bulk(number, after)
        if kind == b"*" and depth < MAX_DEPTH:
            return self._array(number, after, depth)
        raise MalformedReplyError(bytes(kind))

    def _bulk(self, size: int, at: int) -> tuple[Reply, int] | None:
        if size < 0:
            return None, at
        if len(self._buffer) < at + size + 2:
            return None
        return bytes(self._buffer[at : at + size]), at + size + 2

    def _array(self, size: int, at: int, depth: int) -> tuple[Reply, int] | None:
        if size < 0:
            return None, at
        replies: list[Reply] = []
        for _ in range(size):
            read = self._read(at, depth + 1)
            if read is None:
                return None
            reply, at = read
            replies.append(reply)
        return replies, at


def _number(line: bytes) -> int:
    try:
        return int(line)
    except ValueError as error:
        raise MalformedReplyError(line) from error
