"""A stage in this process: the protocol's server as far as its client is concerned, with faults to order.

It numbers, stores, delivers and replays; it can lose, repeat, delay and reorder frames, refuse commands, cut
connections and burn numbers. Frames of one connection are carried out at the same time, as they are by the real one.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

from aiohttp import WSCloseCode, WSMsgType, web

from tests.client.faults import Faults, Frame, Peer, Refuse, problem
from tests.client.http_side import HttpSide
from tests.client.tail_side import TailSide

SENT_AT_MS = 1_790_000_000_000
PAGE = 100


class Stage:
    """Rooms and their logs. `url` is where a client connects."""

    def __init__(self) -> None:
        self.url = ""
        self.logs: dict[str, dict[int, Frame | None]] = {}
        self.commands: dict[str, Frame] = {}
        self.members: dict[str, set[str]] = {}
        self.changes: dict[str, list[Frame]] = {}
        self.kicked: set[tuple[str, str]] = set()
        self.peers: list[Peer] = []
        self.frames: list[tuple[Peer, Frame]] = []
        self.streams: list[str] = []
        """The rooms and places of each request for events."""
        self.most_hold_s = 20.0
        self.tokens: list[str] = []
        self.sign_in_kind = "built-in"
        self.opened = self.most_at_once = 0
        self.heartbeat_s = 240
        self.rotate_after_s = 3600
        self.reconnect = {"first_ms": 20, "most_ms": 100}
        self.faults = Faults()
        self.tails = TailSide(self)
        self.random = random.Random(1)  # noqa: S311
        self._sessions = itertools.count()
        self._tickets: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def actions(self) -> Counter[str]:
        """How often each command came."""
        return Counter(frame["action"] for _, frame in self.frames)

    def commands_of(self, action: str) -> list[Frame]:
        return [frame for _, frame in self.frames if frame["action"] == action]

    def texts(self, room: str) -> list[str]:
        """What is stored, in order."""
        return [entry["text"] for _, entry in sorted(self.logs.get(room, {}).items()) if entry]

    def number(self, room: str) -> int:
        """Takes a number; nothing is stored under it yet."""
        log = self.logs.setdefault(room, {})
        log[len(log) + 1] = None
        return len(log)

    def store(self, room: str, seq: int, text: str, *, user: str = "grace", **extra: Any) -> Frame:
        message = {
            "room": room,
            "seq": seq,
            "kind": "text",
            "from": {"id": user, "name": user.title()},
            "text": text,
            "sent_at_ms": SENT_AT_MS + seq,
            "command_id": None,
            "media": None,
            "reply_to": None,
        } | extra
        self.logs[room][seq] = message
        return message

    async def say(self, room: str, text: str, **extra: Any) -> Frame:
        """Somebody else posts."""
        message = self.store(room, self.number(room), text, **extra)
        await self.deliver(message)
        return message

    async def deliver(self, message: Frame, *, but: Peer | None = None) -> None:
        faults = self.faults
        if message["room"] in self.tails.rooms:
            return
        for peer in [peer for peer in self.peers if peer is not but and message["room"] in peer.rooms]:
            copies = int(self.random.random() >= faults.lost) + int(self.random.random() < faults.repeated)
            for _ in range(copies):
                self._spawn(self._post(peer, {"type": "message", "message": message}))

    def change(self, room: str, seq: int, text: str) -> Frame:
        """A message gets another text; nobody is told yet."""
        old, log = self.logs[room][seq], self.changes.setdefault(room, [])
        assert old is not None
        message = old | {"text": text, "version": old.get("version", 1) + 1, "rev": len(log) + 1}
        self.logs[room][seq] = message
        log.append(message)
        return message

    async def tell(self, event: Frame) -> None:
        for peer in self.peers:
            await peer.tell(event)

    async def cut(self, *, politely: bool = False) -> None:
        """Ends every connection."""
        cut = list(self.peers)
        for peer in cut:
            if politely:
                await peer.close(WSCloseCode.GOING_AWAY)
            else:
                peer.vanish()
        await until(lambda: not set(cut) & set(self.peers))

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _post(self, peer: Peer, frame: Frame) -> None:
        await asyncio.sleep(self.random.random() * self.faults.delay_s)
        try:
            await peer.tell(frame)
        except ConnectionError:
            return

    async def configuration(self, _request: web.Request) -> web.Response:
        return web.json_response({"stage": "test", "sign_in": self.sign_in_kind, "websocket_url": self.url})

    async def sign_in(self, request: web.Request) -> web.Response:
        name = (await request.json())["name"]
        token = f"{name}-{next(self._sessions)}"
        self.tokens.append(token)
        body = {"token": token, "user": {"id": name.lower(), "name": name}, "expires_at_ms": 4_000_000_000_000}
        return web.json_response(body, status=201)

    async def create_ticket(self, request: web.Request) -> web.Response:
        refused = self.faults.ticket()
        if refused is not None:
            return refused
        user = self.user_of(request)
        if user is None:
            return problem(401, "unauthorized")
        ticket = f"ticket-{next(self._sessions)}"
        self._tickets[ticket] = user
        url = self.url.replace("http", "ws") + "/socket"
        return web.json_response({"ticket": ticket, "url": url, "expires_at_ms": 0}, status=201)

    def user_of(self, request: web.Request) -> str | None:
        """Who a request's token belongs to."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return token.split("-", maxsplit=1)[0].lower() if token in self.tokens else None

    async def connect(self, request: web.Request) -> web.StreamResponse:
        refused = self.faults.socket()
        if refused is not None:
            return refused
        user = self._tickets.pop(request.query["ticket"], None)
        if user is None:
            return web.Response(status=403)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        peer = Peer(user, socket)
        self.peers.append(peer)
        self.opened += 1
        self.most_at_once = max(self.most_at_once, len(self.peers))
        try:
            async for received in socket:
                if received.type is WSMsgType.TEXT:
                    frame = json.loads(received.data)
                    self.frames.append((peer, frame))
                    self._spawn(self._answer(peer, frame))
        finally:
            self.peers.remove(peer)
        return socket

    async def _answer(self, peer: Peer, frame: Frame) -> None:
        reply = await self.reply(peer, frame)
        if self.faults.reply(peer, frame):
            try:
                await peer.tell(reply)
            except ConnectionError:
                return

    async def reply(self, peer: Peer, frame: Frame) -> Frame:
        """Carries a command out."""
        try:
            waited = self.faults.before(peer, frame)
            if waited is not None:
                await waited
            result = await getattr(self, f"do_{frame['action']}")(peer, frame)
        except Refuse as refused:
            return {"type": "error", "id": frame["id"], "message": "No.", **vars(refused)}
        return {"type": "ack", "id": frame["id"], "action": frame["action"], "result": result}

    def require(self, peer: Peer, room: str) -> None:
        if (peer.user, room) in self.kicked:
            raise Refuse("not_a_member")

    async def do_leave(self, peer: Peer, frame: Frame) -> Frame:
        self.kicked.add((peer.user, frame["room"]))
        return {}

    async def do_hello(self, peer: Peer, _frame: Frame) -> Frame:
        return {
            "version": 1,
            "user": {"id": peer.user, "name": peer.user.title()},
            "connection": str(self.opened),
            "now_ms": SENT_AT_MS,
            "heartbeat_s": self.heartbeat_s,
            "rotate_after_s": self.rotate_after_s,
            "reconnect": self.reconnect,
        }

    async def do_rooms(self, _peer: Peer, _frame: Frame) -> Frame:
        return {"rooms": [self.room(room) for room in sorted(self.logs)]}

    async def do_subscribe(self, peer: Peer, frame: Frame) -> Frame:
        room, after = frame["room"], frame.get("after")
        self.require(peer, room)
        peer.rooms.add(room)
        newest = len(self.logs.setdefault(room, {}))
        lacking = [] if after is None else self.entries(room, after + 1, newest)
        reply: Frame = {
            "room": self.room(room),
            "last_seq": newest,
            "recovered": True,
            "messages": lacking,
            "gap": None,
        }
        if after is not None and newest - after > PAGE:
            reply |= {"recovered": False, "messages": [], "gap": {"first": after + 1, "last": newest}}
        changes = self.changes.get(room, [])
        missed = changes[frame["after_rev"] :] if "after_rev" in frame else []
        reply |= {"last_rev": len(changes), "changed": missed if len(missed) <= PAGE else []}
        reply |= {"changes_gap": len(missed) > PAGE, "tail": self.tails.tail(room) if peer.socket else None}
        return reply

    async def do_unsubscribe(self, peer: Peer, frame: Frame) -> Frame:
        peer.rooms.discard(frame["room"])
        return {}

    async def do_send(self, peer: Peer, frame: Frame) -> Frame:
        self.require(peer, frame["room"])
        done = self.commands.get(frame["id"])
        if done is None:
            seq = self.number(frame["room"])
            message = self.store(
                frame["room"],
                seq,
                frame["text"],
                user=peer.user,
                command_id=frame["id"],
                reply_to=frame.get("reply_to"),
            )
            done = {"room": frame["room"], "seq": seq, "sent_at_ms": message["sent_at_ms"]}
            self.commands[frame["id"]] = done
            await self.deliver(message, but=peer)
        return done

    async def do_history(self, peer: Peer, frame: Frame) -> Frame:
        room, limit = frame["room"], frame.get("limit", 50)
        self.require(peer, room)
        newest = len(self.logs.setdefault(room, {}))
        if "after" in frame:
            first = frame["after"] + 1
        elif "around" in frame:
            first = max(1, frame["around"] - limit // 2)
        else:
            first = max(1, frame.get("before", newest + 1) - limit)
        last = min(newest, first + limit - 1, frame.get("before", newest + 1) - 1)
        entries = self.entries(room, first, last)
        return {"room": room, "messages": entries, "more": first > 1, "newer": last < newest}

    async def do_sync(self, peer: Peer, frame: Frame) -> Frame:
        newest = {room: len(self.logs.get(room, {})) for room in frame["rooms"]}
        lacking = {room: seq for room, seq in newest.items() if seq > frame["rooms"][room]}
        revs = {room: len(self.changes.get(room, [])) for room in frame.get("revs", {})}
        changed = {room: rev for room, rev in revs.items() if rev > frame["revs"][room]}
        tails = {room: tail for room in revs if (tail := self.tails.tail(room))}
        outside = sorted(room for room in {*newest, *revs} if (peer.user, room) in self.kicked)
        return {"rooms": lacking, "revs": changed, "now_ms": SENT_AT_MS, "tails": tails, "outside": outside}

    async def do_members(self, _peer: Peer, frame: Frame) -> Frame:
        users = sorted(self.members.get(frame["room"], set()))
        behind = [user for user in users if user > frame.get("after", "")]
        page = behind[: frame.get("limit", 50)]
        members = [{"user": {"id": user, "name": user.title()}, "role": "member"} for user in page]
        return {"members": members, "after": page[-1] if len(behind) > len(page) else None}

    async def do_join(self, _peer: Peer, frame: Frame) -> Frame:
        return {"room": self.room(frame["room"]), "last_seq": 0}

    async def do_read(self, _peer: Peer, _frame: Frame) -> Frame:
        return {}

    async def do_ping(self, _peer: Peer, _frame: Frame) -> Frame:
        return {"now_ms": SENT_AT_MS}

    def entries(self, room: str, first: int, last: int) -> list[Frame]:
        """What is stored; a number still under way is left out."""
        log = self.logs[room]
        return [entry for entry in (log.get(seq) for seq in range(first, last + 1)) if entry]

    def room(self, room: str) -> Frame:
        return {"room": room, "title": room.title(), "kind": "public", "member": True, "role": "member"}

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Self]:
        app = web.Application()
        app.router.add_get("/api/config", self.configuration)
        app.router.add_post("/api/sessions", self.sign_in)
        app.router.add_post("/api/tickets", self.create_ticket)
        app.router.add_get("/socket", self.connect)
        HttpSide(self).add_to(app)
        self.tails.add_to(app)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        try:
            yield self
        finally:
            for peer in list(self.peers):
                await peer.close()
            await runner.cleanup()


async def until(condition: Callable[[], Any], timeout_s: float = 30) -> None:
    """Waits until something is so."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110  # anything can be a condition
            await asyncio.sleep(0.005)
