"""Rooms that are followed without a socket: what is new in them is asked for again and again, 20 rooms at a time.

The server holds a request while there is nothing. Each answer says how far in each room it goes and the next request
starts from there, so nothing is lost, whichever answers never come or break off. Knows no tokens and no commands.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agent_chat import frames, sse
from agent_chat.backoff import full_jitter_ms
from agent_chat.connection import CaughtUp
from agent_chat.errors import BannedError, ChatError, NotAMemberError, RoomNotFoundError, UnavailableError
from agent_chat.frames import ServerEvent, ServerFrame

logger = logging.getLogger(__name__)

ROOMS = 20
"""What one stream follows, by the server's word."""

PAUSE_S = 0.25
"""Between two requests, until the server has said how long."""

LEAST_PAUSE_S = 0.05
GATHER_S = 0.1
"""Rooms that are opened together are asked for together."""

FIRST_RETRY_MS, MOST_RETRY_MS = 1_000, 30_000

_PLACE = re.compile(r"([^:,]+):(\d+):(\d+)")


@dataclass(frozen=True)
class Place:
    """How far a room's messages and their changes were told."""

    seq: int
    rev: int


class Listener:
    """Follows up to `ROOMS` rooms for as long as `run` runs.

    `read` answers for places, `tell` hears events in order, `exclude` finds out which of some rooms may not be read and
    unfollows them.
    """

    def __init__(
        self,
        read: Callable[[str], Awaitable[str]],
        tell: Callable[[ServerFrame | CaughtUp], None],
        exclude: Callable[[list[str]], Awaitable[None]],
    ) -> None:
        self._read = read
        self._tell = tell
        self._exclude = exclude
        self._places: dict[str, Place] = {}
        self._pause_s = PAUSE_S
        self._added = asyncio.Event()

    def __contains__(self, room: str) -> bool:
        return room in self._places

    @property
    def full(self) -> bool:
        """Whether it follows as many rooms as it can."""
        return len(self._places) >= ROOMS

    def follow(self, room: str, place: Place) -> None:
        """Tells of a room from there on."""
        self._places[room] = place
        self._added.set()

    def unfollow(self, room: str) -> None:
        """Tells no more of it; a request that waits for it is left to end by itself."""
        self._places.pop(room, None)

    async def run(self) -> None:
        """Listens until it is cancelled."""
        failures = 0
        while True:
            await self._gather()
            try:
                answer = await self._ask()
            except ChatError as error:
                logger.info("no events: %s", error)
                if isinstance(error, NotAMemberError | BannedError | RoomNotFoundError):
                    await self._exclude(list(self._places))
                wait_ms = full_jitter_ms(failures, FIRST_RETRY_MS, MOST_RETRY_MS)
                await asyncio.sleep(((error.retry_after_ms or 0) + wait_ms) / 1000)
                failures += 1
                continue
            failures = 0
            if answer is not None:
                self._take(answer)
                await asyncio.sleep(self._pause_s)

    async def _gather(self) -> None:
        """Waits until there are rooms, and a little longer for others that come with them."""
        while not self._places or self._added.is_set():
            if not self._places:
                await self._added.wait()
            self._added.clear()
            await asyncio.sleep(GATHER_S)

    async def _ask(self) -> sse.StreamText | None:
        """One answer; None when there are more rooms to ask for meanwhile. Raises `ChatError`."""
        places = ",".join(f"{room}:{place.seq}:{place.rev}" for room, place in self._places.items())
        reading = asyncio.ensure_future(self._read(places))
        added = asyncio.ensure_future(self._added.wait())
        try:
            await asyncio.wait({reading, added}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                return None
            answer = sse.parse(reading.result())
        finally:
            reading.cancel()
            added.cancel()
            await asyncio.gather(reading, added, return_exceptions=True)
        if not answer.events:
            raise UnavailableError("Something else than the stage has answered, or only a part of it came.")
        return answer

    def _take(self, answer: sse.StreamText) -> None:
        if answer.retry_ms is not None:
            self._pause_s = max(LEAST_PAUSE_S, answer.retry_ms / 1000)
        for event in answer.events:
            for frame in _frames(event.data):
                self._tell(frame)
            self._advance(event.id)

    def _advance(self, event_id: str) -> None:
        for place in _PLACE.finditer(event_id):
            room, reached = place[1], Place(int(place[2]), int(place[3]))
            known = self._places.get(room)
            if known is None or known == reached:
                continue
            self._places[room] = reached
            if reached.rev != known.rev:
                self._tell(CaughtUp(room, reached.rev))


def _frames(data: str | None) -> list[ServerEvent | ServerFrame]:
    try:
        return [*frames.decode(data)] if data is not None else []
    except frames.FrameError as error:
        # What it was is unknown, so what it would have brought shows as a gap.
        logger.warning("a frame that cannot be read was passed over: %s", error)
        return []
