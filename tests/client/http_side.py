"""What the stage of this process has for clients without a socket: the same frames over HTTP."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from aiohttp import web

from tests.client.faults import Frame, Peer, problem

if TYPE_CHECKING:
    from tests.client.stage import Stage

PAGE = 100


class HttpSide:
    """Commands by POST, and events as a held GET."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def add_to(self, app: web.Application) -> None:
        app.router.add_post("/api/commands", self.command)
        app.router.add_get("/api/events", self.events)

    async def command(self, request: web.Request) -> web.StreamResponse:
        stage = self._stage
        user = stage.user_of(request)
        refused = stage.faults.http(request) or (problem(401, "unauthorized") if user is None else None)
        if refused is not None:
            return refused
        frame, peer = await request.json(), Peer(user or "")
        stage.frames.append((peer, frame))
        reply = await stage.reply(peer, frame)
        if not stage.faults.reply(peer, frame) and request.transport is not None:
            request.transport.abort()
        return web.json_response(reply)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """What is new behind the places, as soon as there is something; an opening id where there is nothing."""
        stage = self._stage
        stage.streams.append(request.query["rooms"])
        user, places = stage.user_of(request), [place.split(":") for place in request.query["rooms"].split(",")]
        until_s = asyncio.get_running_loop().time() + min(float(request.query["wait_s"]), stage.most_hold_s)
        text = ""
        while not text:
            refused = stage.faults.http(request) or (problem(401, "unauthorized") if user is None else None)
            if refused is not None:
                return refused
            if any((user, room) in stage.kicked for room, *_ in places):
                return problem(403, "not_a_member")
            text = self.news({room: (int(seq), int(rev)) for room, seq, rev in places})
            if asyncio.get_running_loop().time() > until_s:
                break
            await asyncio.sleep(0.01)
        opening = f"retry: 10\nid: {request.query['rooms']}\n\n"
        return web.Response(text=opening + text, content_type="text/event-stream")

    def news(self, at: dict[str, tuple[int, int]]) -> str:
        """A text of events: of each room what follows without a hole, then what was changed, at its last change."""
        text = ""
        for room in list(at):
            seq, rev = at[room]
            log, changes = self._stage.logs.get(room, {}), self._stage.changes.get(room, [])
            while (message := log.get(seq + 1)) and seq - at[room][0] < PAGE:
                seq += 1
                text += event(at | {room: (seq, rev)}, {"type": "message", "message": message})
            page = changes[rev : rev + PAGE]
            last = {changed["seq"]: number for number, changed in enumerate(page, start=rev + 1)}
            for number in sorted(last.values()):
                rev = number
                text += event(at | {room: (seq, rev)}, {"type": "message_changed", "message": changes[rev - 1]})
            at[room] = seq, rev
        return text


def event(at: dict[str, tuple[int, int]], frame: Frame) -> str:
    places = ",".join(f"{room}:{seq}:{rev}" for room, (seq, rev) in at.items())
    return f"id: {places}\nevent: {frame['type']}\ndata: {json.dumps(frame)}\n\n"
