"""Pages of messages that fit into one frame, cut at the end that the reader goes on from. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from chat.protocol import MAX_REPLY_BYTES, Message

BUDGET_BYTES = MAX_REPLY_BYTES - 2_000
"""What an ack leaves for the messages in it: names, numbers and a room's description are less than the rest."""


def newest_fitting(page: list[Message], budget_bytes: int = BUDGET_BYTES) -> list[Message]:
    """The newest messages of a page that fit, oldest first: for who reads backwards."""
    return page[len(page) - _count_fitting(reversed(page), budget_bytes) :]


def oldest_fitting(page: list[Message], budget_bytes: int = BUDGET_BYTES) -> list[Message]:
    """The oldest messages of a page that fit, oldest first: for who reads forwards."""
    return page[: _count_fitting(page, budget_bytes)]


def nearest_fitting(page: list[Message], seq: int) -> list[Message]:
    """The messages around a number that fit, half of the room on each side of it."""
    before = [message for message in page if message.seq <= seq]
    after = [message for message in page if message.seq > seq]
    return newest_fitting(before, BUDGET_BYTES // 2) + oldest_fitting(after, BUDGET_BYTES // 2)


def _count_fitting(messages: Iterable[Message], budget_bytes: int) -> int:
    count = 0
    for message in messages:
        budget_bytes -= len(msgspec.json.encode(message)) + 1
        if budget_bytes < 0:
            break
        count += 1
    return count
