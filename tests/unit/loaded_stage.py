"""The client tests' stage with what a load test needs besides: several commands a frame, rooms to make, counts."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tests.client.faults import Frame, Peer
from tests.client.stage import Stage


class LoadedStage(Stage):
    """`forgets`: acknowledges every so many-th message without storing it, 0 for none."""

    def __init__(self, forgets: int = 0) -> None:
        super().__init__()
        self._forgets = forgets
        self._said = 0

    def user_of(self, request: web.Request) -> str | None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return token.rsplit("-", 1)[0] if token in self.tokens else None

    def store(self, room: str, seq: int, text: str, *, user: str = "grace", **extra: Any) -> Frame:
        return super().store(room, seq, text, user=user, **({"version": 1, "rev": 0} | extra))

    def room(self, room: str) -> Frame:
        last = len(self.logs.get(room, {}))
        return super().room(room) | {"last_seq": last, "read_seq": 0, "unread": last}

    async def do_create(self, _peer: Peer, frame: Frame) -> Frame:
        self.logs.setdefault(frame["room"], {})
        return {"room": self.room(frame["room"]), "last_seq": 0}

    async def do_send(self, peer: Peer, frame: Frame) -> Frame:
        self._said += 1
        if self._forgets and self._said % self._forgets == 0:
            seq = self.number(frame["room"])
            self.store(frame["room"], seq, "", user=peer.user, kind="void", **{"from": None})
            return {"room": frame["room"], "seq": seq, "sent_at_ms": 0}
        return await super().do_send(peer, frame)

    async def _answer(self, peer: Peer, frame: Frame) -> None:
        if not isinstance(frame, list):
            await super()._answer(peer, frame)
            return
        replies: Any = [await self.reply(peer, each) for each in frame]
        await peer.tell(replies)
