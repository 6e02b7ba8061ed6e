"""The order of one room at one reader: which messages may be handed out, and which numbers are missing.

Pure: frames in any order, repeated or lost, go in; messages in the order of their numbers come out. Knows no sockets,
no time and no server. Whatever is dropped here for want of room counts as missing, and so is asked for again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from agent_chat.frames import Message, Range

VOID = "void"
WINDOW = 2_000
"""Numbers held beyond the one handed out last: ~2 MB of usual messages."""


RECALLED = 1_000
"""Messages handed out last that are known again under another number."""


class FeedOrder:
    """Hands out every message behind `after` once, by number.

    `after` is the newest number that the reader has; None until `start` says it. Messages may come before that.
    `window` bounds what is held: further numbers are left to be fetched once the reader has come closer.
    """

    def __init__(self, after: int | None = None, *, window: int = WINDOW) -> None:
        self._window = window
        self._started = after is not None
        self._position = self._complete = self._newest = after or 0
        self._held: dict[int, Message] = {}
        self._revised: dict[int, Message] = {}
        self._recalled: OrderedDict[tuple[str, str], int] = OrderedDict()

    @property
    def started(self) -> bool:
        """Whether it is known where the feed begins."""
        return self._started

    @property
    def position(self) -> int:
        """The number handed out last, or passed over as void; where reading would continue."""
        return self._position

    @property
    def complete(self) -> int:
        """Everything up to here is held or was handed out: what a subscription continues after."""
        return self._complete

    @property
    def newest(self) -> int:
        """The highest number known to exist."""
        return self._newest

    @property
    def full(self) -> bool:
        """Whether nothing more can be held until some is taken."""
        return self._complete - self._position >= self._window

    def start(self, after: int) -> None:
        """Begins behind `after`, once; later calls change nothing."""
        if self._started:
            return
        self._started = True
        self._position = self._complete = after
        early, self._held = self._held, {}
        self.accept(early.values())
        self.learn(after)

    def restart(self, after: int) -> None:
        """Begins anew behind `after`: the room is another one than it was, and what is held is none of its."""
        self._held.clear()
        self._revised.clear()
        self._position = self._complete = self._newest = after

    def accept(self, messages: Iterable[Message]) -> bool:
        """Takes in messages, from wherever they came; whether any of them was missing."""
        gained = False
        for message in messages:
            if self._hold(message):
                gained = True
                self._advance()
        return gained

    def learn(self, newest: int) -> None:
        """Numbers up to `newest` exist. Says nothing of whether they are stored yet."""
        self._newest = max(self._newest, newest)

    def revise(self, message: Message) -> None:
        """A message was changed. One that was not handed out yet is handed out as it stands, never as it was.

        The change may come before the message itself.
        """
        limit = self._position + self._window
        known = self._revised.get(message.seq)
        if self._position < message.seq <= limit and (known is None or known.rev < message.rev):
            self._revised[message.seq] = message

    def outdate(self, seq: int, rev: int) -> None:
        """A message was changed to what is not known here: if it waits as it was, it is missing again."""
        held = self._held.get(seq)
        if held is not None and held.rev < rev:
            del self._held[seq]
            self._complete = min(self._complete, seq - 1)

    def take(self) -> Message | None:
        """The next message, None while it isn't here. Void numbers are passed over."""
        while self._started and self._position + 1 in self._held:
            message = self._held.pop(self._position + 1)
            self._position = message.last
            revised = self._revised.pop(message.seq, None)
            if revised is not None and revised.rev > message.rev:
                message = revised
            if message.kind != VOID and not self._recall(message):
                return message
        return None

    def gap(self) -> Range | None:
        """The first numbers that exist, aren't here, and could be held; None when there are none."""
        limit = self._position + self._window
        if not self._started or self._complete >= min(self._newest, limit):
            return None
        behind = [seq for seq in self._held if seq > self._complete]
        return Range(self._complete + 1, min(min(behind, default=self._newest + 1) - 1, limit))

    def _advance(self) -> None:
        while self._complete + 1 in self._held:
            self._complete = self._held[self._complete + 1].last
        # What no message has, and the reader is at, need not wait for the reader: what follows is held from there.
        while (held := self._held.get(self._position + 1)) and held.kind == VOID and held.seq not in self._revised:
            self._position = self._held.pop(held.seq).last

    def _recall(self, message: Message) -> bool:
        """Whether a message was handed out before, under a number that another Region gave it."""
        if message.author is None or message.command_id is None:
            return False
        command = message.author.id, message.command_id
        known = self._recalled.setdefault(command, message.seq)
        if len(self._recalled) > RECALLED:
            self._recalled.popitem(last=False)
        return known != message.seq

    def _hold(self, message: Message) -> bool:
        self.learn(message.seq)
        if message.seq in self._held:
            return False
        if self._started and not self._complete < message.seq <= self._position + self._window:
            return False
        if not self._started and len(self._held) >= self._window:
            return False
        self._held[message.seq] = message
        return True
