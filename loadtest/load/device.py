"""One device: a socket that is opened again whenever it is lost, messages that are sent until acknowledged, holes that
are filled; and a journal of all of it. What a good client does, without anything to look at.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from loadtest.journal import (
    Acked,
    CaughtUp,
    Closed,
    Happening,
    Joined,
    Opened,
    Refused,
    Removed,
    Sent,
    Subscribed,
    Via,
    digest,
)
from loadtest.load import evidence
from loadtest.load.measures import Meter
from loadtest.load.replies import Replies
from loadtest.load.room_view import RoomView
from loadtest.load.stage import StageError
from loadtest.load.waiting import wait_at_most
from loadtest.load.websocket import OpenError, WebSocket

RESEND_S = 15.0
"""A text without an ack is sent again after this, as our clients do."""
GIVE_UP_S = 60.0
"""Behind its due time a text is no longer tried: it has failed."""
HOLE_S = 0.5
"""A hole is usually a frame that was overtaken: it gets this long to come by itself."""
PAGE = 100


@dataclass(slots=True)
class Outgoing:
    """A text on its way. Times by the run's clock, but for `next_s`, which is monotonic."""

    room: str
    text: str
    due_ms: float
    next_s: float


class Surroundings(Protocol):
    """What a device needs of its process."""

    meter: Meter
    mark: str
    """The word that all texts and ids of the run begin with."""
    opening: asyncio.Semaphore
    """Held while a device connects."""

    def now_ms(self) -> float:
        """The run's clock, the same in all processes on this machine."""

    async def open_socket(self, number: int, token: str) -> WebSocket:
        """A socket of the device `number`. Raises `OpenError` or `StageError`."""

    def journal(self, device: Device, record: Happening) -> None:
        """Writes a record down."""


@dataclass(eq=False, slots=True)
class Device:
    """`number` is its own among all of the run; `user` is known once it has connected first."""

    number: int
    token: str
    rooms: dict[str, RoomView]
    around: Surroundings
    user: str = ""
    connection: str = ""
    """As the server calls it."""
    socket: WebSocket | None = None
    is_usable: bool = False
    """Whether the socket is open and all rooms are subscribed."""
    outgoing: dict[str, Outgoing] = field(default_factory=dict)
    heartbeat_s: float = 240.0
    reconnect_ms: tuple[int, int] = (500, 20_000)
    last_heartbeat_s: float = 0.0
    _replies: Replies = field(default_factory=Replies)
    _next_id: int = 0
    _filling: bool = False

    @property
    def name(self) -> str:
        """In journals."""
        return f"device-{self.number}"

    async def keep_open(self, stopping: asyncio.Event, on_first: Callable[[], None]) -> None:
        """Opens, and opens again after each cut with full jitter, until `stopping` is set. Counts what fails."""
        attempt, is_first = 0, True
        while not stopping.is_set():
            try:
                async with self.around.opening:
                    lost = await self._open()
            except (OpenError, StageError, TimeoutError) as error:
                self.around.meter.counts["open_failed"] += 1
                self.around.meter.counts[f"open failed: {_brief(error)}"] += 1
                first_ms, most_ms = self.reconnect_ms
                await wait_at_most(stopping, random.random() * min(first_ms * 2**attempt, most_ms) / 1000)  # noqa: S311
                attempt += 1
                continue
            finally:
                if is_first:
                    is_first = False
                    on_first()
            attempt = 0
            await lost.wait()
            if not stopping.is_set():
                await wait_at_most(stopping, random.random() * self.reconnect_ms[0] / 1000)  # noqa: S311 - jitter

    def send(self, room: str, text_bytes: int, due_ms: float) -> None:
        """Sends a text, now or once there is a connection. Its latency counts from `due_ms`."""
        command = self._new_id()
        text = f"{self.around.mark} {due_ms:.3f} {command} ".ljust(text_bytes, "x")
        self.outgoing[command] = Outgoing(room, text, due_ms, time.monotonic() + RESEND_S)
        self.around.meter.counts["sent"] += 1
        self._attempt(command)

    def tend(self, now_s: float) -> None:
        """What time alone makes necessary: texts again, holes, heartbeats. Called about twice a second."""
        for command, outgoing in list(self.outgoing.items()):
            if self.around.now_ms() - outgoing.due_ms > GIVE_UP_S * 1000:
                del self.outgoing[command]
                self.around.meter.counts["failed"] += 1
            elif now_s >= outgoing.next_s:
                outgoing.next_s = now_s + RESEND_S
                self.around.meter.counts["sent again"] += 1
                self._attempt(command)
        for view in self.rooms.values():
            view.look(now_s)
        if self._has_hole(now_s) and not self._filling and self.socket is not None:
            self._filling = True
            _spawn(self.fill())
        if self.socket is not None and now_s - self.last_heartbeat_s >= self.heartbeat_s:
            self.last_heartbeat_s = now_s
            _spawn(self._heartbeat())

    async def fill(self) -> None:
        """Fetches what is missing. Leaves the rest to the next time where the stage does not answer."""
        try:
            for view in self.rooms.values():
                while not view.is_complete and view.began is not None:
                    before = view.complete
                    reply = await self._ask("history", room=view.name, after=before, limit=PAGE)
                    self._take_in(view, reply["messages"], "history")
                    if view.complete == before:
                        break  # still being stored
        except (OpenError, TimeoutError):
            self.around.meter.counts["holes left for later"] += 1
        finally:
            self._filling = False

    async def audit(self) -> bool:
        """Asks how far each room is, fetches what is missing and claims to have it. False where that can't be said."""
        try:
            for view in self.rooms.values():
                if view.began is None:
                    return False
                after, asked_at_ms = view.complete, self.around.now_ms()
                reply = await self._ask("subscribe", room=view.name, after=after)
                self._subscribed(view, reply, after, asked_at_ms)
            await self.fill()
        except (OpenError, TimeoutError):
            return False
        for view in self.rooms.values():
            if not view.is_complete:
                return False
            claim = CaughtUp(room=view.name, after=view.began or 0, last_seq=view.newest, at_ms=self.around.now_ms())
            self._note(claim)
        return True

    def cut(self) -> None:
        """Loses the connection, as a network would."""
        if self.socket is not None:
            self.socket.abort()

    def close(self) -> None:
        """Says goodbye: no cut, and nothing that would be opened again."""
        socket, self.socket = self.socket, None
        if socket is not None:
            if self.is_usable:
                self._ended(socket)
            socket.close()

    async def _open(self) -> asyncio.Event:
        """Set when the connection is lost. Usable when this returns: all rooms are subscribed."""
        began_s = time.monotonic()
        socket = await self.around.open_socket(self.number, self.token)
        lost = asyncio.Event()
        socket.on_text = self._receive
        socket.on_closed = lambda: self._lost(socket, lost)
        try:
            await self._enter(socket)
        except BaseException:
            socket.abort()
            raise
        self.is_usable = True
        self.around.meter.counts["opened"] += 1
        self.around.meter.time("open", (time.monotonic() - began_s) * 1000)
        self.last_heartbeat_s = time.monotonic() - random.random() * self.heartbeat_s / 2  # noqa: S311 - spread
        for command in self.outgoing:
            self._attempt(command)
        return lost

    async def _enter(self, socket: WebSocket) -> None:
        """Says hello, joins and subscribes, all in one frame."""
        self.socket = socket
        places = [(view, None if view.began is None else view.complete) for view in self.rooms.values()]
        for view in self.rooms.values():
            if view.began is None:
                self._note(Joined(room=view.name, at_ms=self.around.now_ms()))
        commands: list[tuple[str, dict[str, Any]]] = [("hello", {"client": "load"})]
        commands += [("join", {"room": view.name}) for view, place in places if place is None]
        commands += [("subscribe", {"room": view.name, "after": place}) for view, place in places]
        asked_at_ms = self.around.now_ms()
        replies = await self._ask_all(commands)
        self._ready(replies[0])
        for (view, place), reply in zip(places, replies[len(replies) - len(places) :], strict=True):
            self._subscribed(view, reply, place, asked_at_ms)

    def _ready(self, ready: Mapping[str, Any]) -> None:
        self.user = ready["user"]["id"]
        self.heartbeat_s = ready["heartbeat_s"]
        self.reconnect_ms = (ready["reconnect"]["first_ms"], ready["reconnect"]["most_ms"])
        self.connection = ready["connection"]
        self._note(Opened(connection=self.connection, at_ms=self.around.now_ms()))

    def _subscribed(self, view: RoomView, reply: Mapping[str, Any], after: int | None, asked_at_ms: float) -> None:
        now_ms = self.around.now_ms()
        view.begin(reply["last_seq"])
        self._note(Subscribed(room=view.name, last_seq=reply["last_seq"], after=after, at_ms=now_ms))
        self._note(evidence.unread(reply["room"], asked_at_ms, now_ms))
        self._take_in(view, reply["messages"], "replay")

    def _lost(self, socket: WebSocket, lost: asyncio.Event) -> None:
        """A socket that was never usable is no cut: its opening fails."""
        lost.set()
        if self.socket is not socket:
            return
        self.socket = None
        if self.is_usable:
            self.around.meter.counts["cut"] += 1
            self._ended(socket)
        self._replies.fail_all("the connection was lost")

    def _ended(self, socket: WebSocket) -> None:
        self.is_usable = False
        self.around.meter.counts["bytes in"] += socket.bytes_in
        self._note(Closed(connection=self.connection, at_ms=self.around.now_ms()))

    def _attempt(self, command: str) -> None:
        if self.socket is None:
            return
        outgoing = self.outgoing[command]
        frame = {"action": "send", "id": command, "room": outgoing.room, "text": outgoing.text}
        at_ms = self.around.now_ms()
        self._note(Sent(room=outgoing.room, command=command, digest=digest(outgoing.text), at_ms=at_ms))
        self._write(frame)

    def _write(self, frame: dict[str, Any] | list[dict[str, Any]]) -> None:
        if self.socket is None:
            raise OpenError("there is no connection")
        self.around.meter.counts["frames out"] += 1
        self.socket.send(orjson.dumps(frame))

    async def _ask(self, action: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        return (await self._ask_all([(action, fields)]))[0]

    async def _ask_all(self, commands: Sequence[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
        """The results of commands in one frame. Raises `OpenError` for a refusal, TimeoutError."""
        frames = [{"action": action, "id": self._new_id(), **fields} for action, fields in commands]
        names = [str(frame["id"]) for frame in frames]
        expected = self._replies.expect(names)
        try:
            self._write(frames if len(frames) > 1 else frames[0])
        except OpenError:
            self._replies.fail_all("there is no connection")
        return await self._replies.gather(names, expected)

    def _receive(self, text: bytes) -> None:
        self.around.meter.counts["frames in"] += 1
        self.around.meter.counts["billed in"] += -(-len(text) // BILLED_BYTES)
        decoded = orjson.loads(text)
        for frame in decoded if isinstance(decoded, list) else [decoded]:
            self._take(frame)

    def _take(self, frame: dict[str, Any]) -> None:
        match frame.get("type"):
            case "message":
                self._heard_live(frame["message"])
            case "ack":
                self._acked(frame)
            case "error":
                self._refused(frame)
            case "messages_skipped" if frame["room"] in self.rooms:
                self.rooms[frame["room"]].newest = max(self.rooms[frame["room"]].newest, frame["last"])
            case "member" if frame["change"] in {"removed", "banned"}:
                self._note(Removed(room=frame["room"], user=frame["user"]["id"], at_ms=self.around.now_ms()))
            case None:
                self.around.meter.counts["functions failed"] += 1

    def _acked(self, frame: dict[str, Any]) -> None:
        outgoing = self.outgoing.pop(frame["id"], None)
        if outgoing is not None:
            now_ms = self.around.now_ms()
            self._note(Acked(room=outgoing.room, command=frame["id"], seq=frame["result"]["seq"], at_ms=now_ms))
            self.rooms[outgoing.room].accept(frame["result"]["seq"])  # others are told, its sender is answered
            self.around.meter.counts["acked"] += 1
            self.around.meter.time("ack", now_ms - outgoing.due_ms)
        self._replies.succeed(frame["id"], frame["result"])

    def _refused(self, frame: dict[str, Any]) -> None:
        """A text is sent again where that may help; who waits for something else is told."""
        self.around.meter.counts["refused"] += 1
        self.around.meter.counts[f"refused: {frame['code']}"] += 1
        command = frame["id"] or ""
        outgoing = self.outgoing.get(command)
        self._replies.fail(command, f"refused: {frame['code']}")
        if outgoing is None:
            return
        now_ms, is_temporary = self.around.now_ms(), bool(frame["temporary"])
        self._note(
            Refused(room=outgoing.room, command=command, code=frame["code"], temporary=is_temporary, at_ms=now_ms)
        )
        if is_temporary:
            wait_s = (frame["retry_after_ms"] or 1_000) / 1000
            outgoing.next_s = time.monotonic() + wait_s * (1 + random.random())  # noqa: S311 - jitter
        else:
            del self.outgoing[command]
            self.around.meter.counts["failed"] += 1

    def _heard_live(self, message: dict[str, Any]) -> None:
        view = self.rooms.get(message["room"])
        if view is not None:
            self._take_in(view, [message], "live")

    def _take_in(self, view: RoomView, messages: Sequence[dict[str, Any]], via: Via) -> None:
        for message in messages:
            is_new = view.accept(message["seq"])
            self._note(evidence.heard(message, via, self.around.now_ms()))
            if is_new:
                self._measure(message, via)
            elif via == "live" and not self._is_mine(message):
                self.around.meter.counts["delivered again"] += 1

    def _is_mine(self, message: dict[str, Any]) -> bool:
        """Of this device: in a hot room its sender is told as well, besides the ack."""
        return str(message["command_id"]).startswith(f"{self.around.mark}-{self.number}-")

    def _measure(self, message: dict[str, Any], via: Via) -> None:
        """A text tells when it was due, so its way is timed by the clock that all processes here share."""
        if message["text"].startswith(self.around.mark):
            due_ms = float(message["text"].split(" ", 2)[1])
            self.around.meter.counts["delivered"] += 1
            self.around.meter.counts[f"delivered by {via}"] += 1
            self.around.meter.time("recover" if via == "replay" else "deliver", self.around.now_ms() - due_ms)

    async def _heartbeat(self) -> None:
        rooms = {view.name: view.complete for view in self.rooms.values() if view.began is not None}
        try:
            reply = await self._ask("sync", rooms=rooms)
        except (OpenError, TimeoutError):
            self.around.meter.counts["heartbeats failed"] += 1
            return
        for room, last_seq in reply["rooms"].items():
            self.rooms[room].newest = max(self.rooms[room].newest, last_seq)

    def _has_hole(self, now_s: float) -> bool:
        return any(
            view.missing_since_s is not None and now_s - view.missing_since_s >= HOLE_S for view in self.rooms.values()
        )

    def _note(self, record: Happening) -> None:
        self.around.journal(self, record)

    def _new_id(self) -> str:
        self._next_id += 1
        return f"{self.around.mark}-{self.number}-{self._next_id}"


BILLED_BYTES = 32 * 1024
"""API Gateway bills each begun 32 KB of a message."""

_running: set[asyncio.Task[None]] = set()
"""Keeps tasks that nobody waits for from being collected."""


def _spawn(work: Any) -> None:  # noqa: ANN401 - a coroutine
    task = asyncio.get_running_loop().create_task(work)
    _running.add(task)
    task.add_done_callback(_running.discard)


def _brief(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:120]
