"""Follows one very large room by its tail: polls what caches serve, in the place of what a socket would bring.

It goes on from what its readers have. Where the tail can't be had it asks over the connection, as a heartbeat does, and
more seldom the longer that lasts; where its address is over it asks for another. Holes are filled by whoever has them,
from segments as long as those can be had (`fetch`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from agent_chat.backoff import full_jitter_ms
from agent_chat.errors import ChatError, TailExpiredError, TailNotYetError
from agent_chat.frames import Message, Range, Tail, TailChanges, TailLive, TailSegment
from agent_chat.tail import TailChangesLog, segments_of

logger = logging.getLogger(__name__)

FAILURES = 3
"""Polls in a row that come to nothing before the connection is asked instead."""

MOST_PAUSE_MS = 30_000
"""The limit that pauses grow to while the tail can't be had."""

MAX_PAGES = 8
"""Pages of changes read one after the other; who lacks more subscribes anew."""

JITTER = 0.2
"""A pause is shorter or longer by up to this part of it, so that readers don't stay in step."""

RENEWED_AT = 0.8
"""The part of its life after which another address is asked for; a heartbeat has usually brought one by then."""


class TailDocuments(Protocol):
    """Where the parts of a tail are read."""

    async def tail_live(self, path: str) -> TailLive:
        """Raises `ChatError`."""

    async def tail_segment(self, path: str, segment: int) -> TailSegment:
        """Raises `ChatError`."""

    async def tail_changes(self, path: str, page: int) -> TailChanges:
        """Raises `ChatError`."""


class TailReader(Protocol):
    """Whoever reads a room, as the follower of its tail knows them."""

    @property
    def rev(self) -> int:
        """The change up to which all are known."""

    def accept(self, messages: Sequence[Message]) -> None:
        """Messages have come."""

    def learn(self, newest: int) -> None:
        """Numbers up to `newest` exist."""

    def change(self, messages: Sequence[Message], rev: int) -> None:
        """Messages were changed; up to `rev` that is all."""

    async def ask(self) -> None:
        """Asks over the connection for newer numbers and for the tail's address. Raises `ChatError`."""

    async def refresh(self) -> None:
        """Subscribes anew: more was changed than can be told one by one. Raises `ChatError`."""


class TailFollower:
    """Polls from its beginning until `finish` or `close`."""

    def __init__(
        self,
        documents: TailDocuments,
        reader: TailReader,
        tail: Tail,
        *,
        uniform: Callable[[], float] = random.random,
    ) -> None:
        self._documents = documents
        self._reader = reader
        self._uniform = uniform
        self._changes = TailChangesLog(reader.rev)
        self._failures = 0
        self._poll_ms = tail.poll_ms
        self.renew(tail)
        self.task = asyncio.create_task(self._run(), name="agent-chat tail")

    @property
    def healthy(self) -> bool:
        """Whether the tail can be had."""
        return self._failures < FAILURES

    def renew(self, tail: Tail) -> None:
        """The room is still followed by its tail, at this address from now on."""
        self._tail = tail
        self._renew_at_s = time.monotonic() + tail.valid_ms * RENEWED_AT / 1000
        self._finishing = False

    def finish(self) -> None:
        """What is said comes over the socket again: polls once more, then ends."""
        self._finishing = True

    async def fetch(self, gap: Range) -> Sequence[Message] | None:
        """Messages of a gap, as far as segments have them; None where they can't be had, or are too old to be used."""
        if not self.healthy:
            return None
        found: list[Message] = []
        try:
            for number in segments_of(gap.first, gap.last):
                segment = await self._documents.tail_segment(self._tail.path, number)
                messages = self._changes.current(segment)
                if messages is None:
                    return None
                found += messages
        except TailNotYetError:
            return found  # a cache is behind what a poll has said
        except ChatError as error:
            logger.info("a segment could not be had: %s", error)
            return found or None
        return found

    async def _run(self) -> None:
        while True:
            is_last = self._finishing
            await self._look()
            if is_last and self._finishing:
                return
            await asyncio.sleep(self._pause_s())

    async def _look(self) -> None:
        """One poll, or what takes its place."""
        if time.monotonic() >= self._renew_at_s:
            with contextlib.suppress(ChatError):  # the address is good for a while yet
                await self._reader.ask()
        try:
            await self._poll()
            self._failures = 0
        except ChatError as error:
            self._failures += 1
            logger.info("a tail could not be had: %s", error)
            if isinstance(error, TailExpiredError) or not self.healthy or self._finishing:
                await self._fall_back()

    async def _fall_back(self) -> None:
        try:
            await self._reader.ask()
            if not self.healthy:
                await self._reader.refresh()
                self._changes.catch_up(self._reader.rev)
        except ChatError as error:
            logger.info("the connection could not be asked in a tail's place: %s", error)

    async def _poll(self) -> None:
        live = await self._documents.tail_live(self._tail.path)
        self._poll_ms = live.poll_ms
        self._changes.catch_up(self._reader.rev)
        pages = 0
        while self._changes.lacks(live) and pages < MAX_PAGES:
            page = await self._documents.tail_changes(self._tail.path, self._changes.next_page)
            before = self._changes.rev
            self._tell(page)
            pages += 1
            if self._changes.rev == before:
                break  # still being stored, or a cache is behind
        if not self._changes.lacks(live):
            self._tell(live)
        elif pages == MAX_PAGES:
            await self._reader.refresh()
            self._changes.catch_up(self._reader.rev)
        self._reader.accept(self._changes.current(live) or [])
        self._reader.learn(live.last_seq)

    def _tell(self, told: TailLive | TailChanges) -> None:
        self._reader.change(self._changes.learn(told), self._changes.rev)

    def _pause_s(self) -> float:
        if not self.healthy:
            return (self._poll_ms + full_jitter_ms(self._failures, self._poll_ms, MOST_PAUSE_MS, self._uniform)) / 1000
        return self._poll_ms * (1 + JITTER * (2 * self._uniform() - 1)) / 1000
