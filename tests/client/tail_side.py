"""What the stage of this process has for rooms that are followed by their tails, with caches that may be behind."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from aiohttp import web

from tests.client.faults import Frame, problem

if TYPE_CHECKING:
    from tests.client.stage import Stage

SEGMENT = 64
LIVE_CHANGES = 16


class TailSide:
    """Rooms in `rooms` are posted to no more. `capability` is the one that is good."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.rooms: set[str] = set()
        self.capability = "first"
        self.valid_ms = 600_000
        self.poll_ms = 20
        self.down = False
        self.asked: list[str] = []
        """The parts that were asked for, and `304` behind each that had not changed."""
        self.kept: dict[str, Frame] = {}
        """What a cache answers for a part, whatever has become of it."""
        self._paced_ms = 0

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/api/tail/{room}/{capability}/{part:.*}", self.answer)

    def tail(self, room: str) -> Frame | None:
        if room not in self.rooms:
            return None
        return {"path": f"/api/tail/{room}/{self.capability}", "poll_ms": self.poll_ms, "valid_ms": self.valid_ms}

    async def announce(self, room: str, *, tailed: bool) -> None:
        """The room is followed by its tail from now on, or no longer, and everybody is told."""
        (self.rooms.add if tailed else self.rooms.discard)(room)
        self._paced_ms += 1
        pace = {"type": "room_pace", "room": room, "step": "full", "tail": self.tail(room), "as_of_ms": self._paced_ms}
        await self._stage.tell(pace)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        room, part = request.match_info["room"], request.match_info["part"]
        self.asked.append(part)
        if self.down:
            return problem(503, "unavailable", temporary=True)
        if request.match_info["capability"] != self.capability:
            return problem(403, "tail_expired")
        kind, _, number = part.partition("/")
        document = self.kept.get(part) or getattr(self, kind)(room, *([int(number)] if number else []))
        tag = f'"{hashlib.sha256(repr(document).encode()).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == tag:
            self.asked.append("304")
            return web.Response(status=304)
        return web.json_response(document, headers={"ETag": tag})

    def live(self, room: str) -> Frame:
        newest, changes = len(self._stage.logs[room]), self._stage.changes.get(room, [])
        changed_after = max(0, len(changes) - LIVE_CHANGES)
        return {
            "room": room,
            "last_seq": newest,
            "segment": newest // SEGMENT,
            "messages": self._messages(room, newest // SEGMENT),
            "changed_after": changed_after,
            "changed": changes[changed_after:],
            "last_rev": len(changes),
            "poll_ms": self.poll_ms,
        }

    def segments(self, room: str, number: int) -> Frame:
        messages = self._messages(room, number)
        rev = len(self._stage.changes.get(room, []))
        closed = len(messages) == SEGMENT - (number == 0)
        return {"room": room, "segment": number, "messages": messages, "rev": rev, "closed": closed}

    def changes(self, room: str, number: int) -> Frame:
        changes = self._stage.changes.get(room, [])
        first, end = max(1, number * SEGMENT), (number + 1) * SEGMENT
        last_rev = min(len(changes), end - 1)
        changed = changes[first - 1 : last_rev]
        return {"room": room, "page": number, "changed": changed, "last_rev": last_rev, "closed": last_rev == end - 1}

    def _messages(self, room: str, number: int) -> list[Frame]:
        return self._stage.entries(room, max(1, number * SEGMENT), (number + 1) * SEGMENT - 1)
