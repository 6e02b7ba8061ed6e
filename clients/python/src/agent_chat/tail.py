"""What a reader of a room's tail knows of its changes, and how that is laid over older copies of messages. Pure.

Caches serve what they have: a segment may be older than the changes that the reader was told of already, and a poll
older than the one before it. Whatever comes says up to which change it is complete, so that none of it is taken for
newer.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from agent_chat.frames import Message, TailChanges, TailLive, TailSegment

SEGMENT = 64
"""Numbers in a segment, and changes in a page of them."""

REMEMBERED = 1_000
"""Changed messages held: what is older than the changes of all others is read from the history instead."""


class TailChangesLog:
    """The changes of one room behind `rev`, as they are told by its tail."""

    def __init__(self, rev: int) -> None:
        self._begins_at = self._rev = rev
        self._changed: OrderedDict[int, Message] = OrderedDict()

    @property
    def rev(self) -> int:
        """The change up to which all are known."""
        return self._rev

    @property
    def next_page(self) -> int:
        """The page of changes that has the next one."""
        return (self._rev + 1) // SEGMENT

    def lacks(self, live: TailLive) -> bool:
        """Whether changes are missing before those that a poll tells of."""
        return self._rev < live.changed_after

    def learn(self, told: TailLive | TailChanges) -> list[Message]:
        """Takes in what a poll or a page tells, which `lacks` nothing before it; the messages that are news."""
        news = [message for message in told.changed if message.rev > self._known(message.seq)]
        for message in news:
            self._changed[message.seq] = message
            self._changed.move_to_end(message.seq)
        while len(self._changed) > REMEMBERED:
            _, oldest = self._changed.popitem(last=False)
            self._begins_at = max(self._begins_at, oldest.rev)
        self._rev = max(self._rev, told.last_rev)
        return news

    def catch_up(self, rev: int) -> None:
        """All changes up to `rev` were told some other way: what is older than that can't be brought up to date."""
        if rev > self._rev:
            self._changed.clear()
            self._begins_at = self._rev = rev

    def current(self, told: TailLive | TailSegment) -> Sequence[Message] | None:
        """The messages of a poll or a segment as far as changes are known; None where they can't be brought so far."""
        rev = told.last_rev if isinstance(told, TailLive) else told.rev
        if rev < self._begins_at:
            return None
        return [self._newer(message) for message in told.messages]

    def _known(self, seq: int) -> int:
        held = self._changed.get(seq)
        return held.rev if held is not None else self._begins_at

    def _newer(self, message: Message) -> Message:
        held = self._changed.get(message.seq)
        return held if held is not None and held.rev > message.rev else message


def segments_of(first: int, last: int) -> Iterable[int]:
    """The segments that have numbers from `first` to `last`."""
    return range(first // SEGMENT, last // SEGMENT + 1)
