"""Frames that wait for the same connection become one: a list, as far as the unit that is billed goes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from chat.planning import FRAME_BYTES


class _Numbered(msgspec.Struct):
    seq: int


class _Head(msgspec.Struct):
    type: str
    message: _Numbered | None = None


def merged(frames: Iterable[bytes]) -> list[bytes]:
    """The events of several frames: each message once, in number order, and behind them all others as they came."""
    messages: dict[int, bytes] = {}
    others: list[bytes] = []
    for event in (event for frame in frames for event in _events(frame)):
        head = msgspec.json.decode(event, type=_Head)
        if head.type == "message" and head.message is not None:
            messages[head.message.seq] = event
        else:
            others.append(event)
    return [*(messages[seq] for seq in sorted(messages)), *others]


def _events(frame: bytes) -> list[bytes]:
    if not frame.startswith(b"["):
        return [frame]
    return [bytes(event) for event in msgspec.json.decode(frame, type=list[msgspec.Raw])]


def joined(frames: Iterable[bytes], most_bytes: int = FRAME_BYTES) -> list[bytes]:
    """The frames in their order, in as few as `most_bytes` allows. One that is larger by itself stays by itself.

    Frames that are lists already are taken for what they hold.
    """
    return [held[0] if len(held) == 1 else _list(held) for held in _groups(frames, most_bytes)]


def _groups(frames: Iterable[bytes], most_bytes: int) -> Iterator[list[bytes]]:
    held: list[bytes] = []
    size_bytes = 1
    for frame in frames:
        if held and size_bytes + len(frame) + 1 > most_bytes:
            yield held
            held, size_bytes = [], 1
        held.append(frame)
        size_bytes += len(frame) + 1  # and a comma, or the bracket at the end
    if held:
        yield held


def _list(frames: list[bytes]) -> bytes:
    return b"[" + b",".join(frame[1:-1] if frame.startswith(b"[") else frame for frame in frames) + b"]"
