"""What a way to the server is to those who use it: commands out, each with its reply; events in, as they come.

A connection is open once, and lost for good; opening the next one, resuming and repeating are others' work. There are
two kinds: a socket, and HTTP where none can be opened. Whoever uses one need not know which.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from agent_chat import frames
from agent_chat.errors import ChatError, ProtocolError, RefusedError, TooLargeError, refused
from agent_chat.events import Way
from agent_chat.frames import Ack, Command, Ready, Reconnection, Refusal, ServerEvent

REPLY_TIMEOUT_S = 15.0
"""Longer than a function's cold start."""

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class CaughtUp:
    """What became of a room's messages was told up to this change, on a way that tells of several at once."""

    room: str
    rev: int


@dataclass(frozen=True)
class Excluded:
    """The server tells no more of a room on this connection: why, None where its user has left it."""

    room: str
    error: ChatError | None


ConnectionEvent = ServerEvent | CaughtUp | Excluded
"""What comes unasked: the server's events, and a connection's own word of what no event says on its way."""

EventHandler = Callable[["Connection", ConnectionEvent], None]


@dataclass(frozen=True)
class Succession:
    """When to make the next connection while this one works, and the pauses between attempts that fail."""

    after_s: float
    pauses: Reconnection


class Connection(ABC):
    """Open from its beginning; ends by `close`, `abort` or by itself, which `wait_lost` tells."""

    way: ClassVar[Way]

    @abstractmethod
    def succession(self, ready: Ready) -> Succession:
        """When its successor is due."""

    @abstractmethod
    async def wait_idle(self) -> None:
        """Returns when no command waits for its reply any more."""

    @abstractmethod
    async def call(self, command: Command, kind: type[Kind], *, timeout_s: float = REPLY_TIMEOUT_S) -> Kind:
        """Sends a command and returns its result, once. Never repeats.

        Raises the server's refusal, `ConnectionLostError`, `ReplyTimeoutError`, `TooLargeError` for a frame of more
        than 32 KB, `ProtocolError` for a reply that is none.
        """

    @abstractmethod
    async def wait_lost(self) -> None:
        """Returns when the connection has ended, whoever ended it. Raises what went wrong inside this client."""

    @abstractmethod
    async def close(self) -> None:
        """Ends it; commands without a reply end with `ConnectionLostError`. Safe to repeat."""

    @abstractmethod
    def abort(self) -> None:
        """Ends the connection without a word: nobody seems to be there."""


def encoded(command: Command) -> str:
    """A command as a frame. Raises `TooLargeError`."""
    text = frames.encode(command)
    if len(text.encode()) > frames.MAX_FRAME_BYTES:
        raise TooLargeError(f"A frame has at most {frames.MAX_FRAME_BYTES // 1024} KB.")
    return text


def result_of(ack: Ack, kind: type[Kind]) -> Kind:
    """What an ack brings. Raises `ProtocolError` when it is something else."""
    try:
        return frames.decode_result(ack, kind)
    except frames.FrameError as error:
        raise ProtocolError(str(error)) from error


def refusal_of(frame: Refusal) -> RefusedError:
    """An error frame as the error that it stands for."""
    return refused(frame.code, frame.message, temporary=frame.temporary, retry_after_ms=frame.retry_after_ms)
