"""Somebody who chats: the Python client on a machine of its own, what they do with it, and what it saw."""

from __future__ import annotations

import asyncio
import contextlib
import json
import urllib.request
from collections.abc import Awaitable, Callable, Sequence

from agent_chat import Chat
from agent_chat.errors import ChatError, ClosedError
from agent_chat.frames import MessageChanged
from agent_chat.room_feed import RoomFeed
from simulation.clients.loop import ClientLoop, Machine
from simulation.clients.network import Network
from simulation.runs.case import Step
from simulation.runs.diary import Diary, Saw
from simulation.runs.faults import Accident, Mishap

STAGE = "https://simulated"
"""The stage's address where it has one Region; of several each has its own."""

BURST = 12
"""Messages of somebody who sends several at once: enough to make a room hot."""

POLL_S = 5
"""Pause between two looks at what becomes of an erasure."""


class Person:
    """One user with one device."""

    def __init__(
        self, machine: Machine, loop: ClientLoop, network: Network, diary: Diary, regions: Sequence[str] = ()
    ) -> None:
        self.user = diary.user
        self._stage = [f"https://{region}.simulated" for region in regions] or [STAGE]
        self.machine = machine
        self.diary = diary
        self._loop = loop
        self._network = network
        self._chat: Chat | None = None
        self._online = asyncio.Event()
        self._said = 0
        self._own: dict[str, list[int]] = {}
        self._feeds: dict[str, RoomFeed] = {}
        self._readers: dict[str, asyncio.Task[None]] = {}
        self._positions: dict[str, int] = {}
        self._erased = False
        self._listener: asyncio.Future[None] | None = None

    def begin(self, first: Callable[[Person], Awaitable[None]]) -> None:
        """Signs in and does what everybody does first."""

        async def work() -> None:
            await self._sign_in()
            await first(self)

        self._start(work(), "begin")

    def do(self, step: Step) -> None:
        """Does something, whatever else they are doing. What is refused is refused."""

        async def work() -> None:
            with contextlib.suppress(ChatError):
                await self._actions()[step.action](step)

        if not self._erased:
            self._start(work(), step.action)

    def suffer(self, accident: Accident) -> None:
        """Something happens to their device."""
        for socket in list(self._network.open_sockets.get(self.machine.name, [])):
            if accident.mishap is not Mishap.ASLEEP:
                socket.lose(silently=accident.mishap is not Mishap.CUT)
        if accident.mishap is Mishap.ASLEEP:
            self.machine.sleep(accident.duration_ms)
        if accident.mishap is Mishap.OFFLINE:
            self._network.cut_off.add(self.machine.name)

    def recover(self) -> None:
        """There is a network again."""
        self._network.cut_off.discard(self.machine.name)

    async def enter(self, room: str, *, make: bool) -> None:
        """Makes a room, or joins it once it is there; then follows it."""
        while True:
            try:
                chat = await self._client()
                self.diary.note(Saw.JOINED, room)
                await (chat.create(room, room=room) if make else chat.join(room))
            except ChatError as error:
                if make and error.code == "room_exists":
                    break
                await asyncio.sleep(0.5)
            else:
                break
        await self._follow(room)

    def end(self, rooms: tuple[str, ...]) -> None:
        """Says up to where they hold everything and what they are told of their rooms, and reads those once more."""

        async def work() -> None:
            for room, feed in self._feeds.items():
                reader = self._readers.get(room)
                if reader is not None and not reader.done():
                    self.diary.note(Saw.CAUGHT_UP, room, seq=feed.complete, newest=feed.newest, rev=feed.rev)
            with contextlib.suppress(ChatError):
                await self._look()
            for room in rooms:
                with contextlib.suppress(ChatError):
                    await self._read_all(room)

        self._start(work(), "end")

    # What they do

    def _actions(self) -> dict[str, Callable[[Step], Awaitable[object]]]:
        return {
            "say": self._say,
            "burst": self._burst,
            "edit": self._edit,
            "delete": self._delete,
            "react": self._react,
            "pin": self._pin,
            "read": self._read,
            "look": self._look,
            "type": self._type,
            "leave": self._leave,
            "join": self._join,
            "remove": self._remove,
            "invite": self._invite,
            "unfollow": self._unfollow,
            "follow": lambda step: self._follow(step.room),
            "restart": self._restart,
            "erase": self._erase,
        }

    async def _say(self, step: Step) -> None:
        chat = await self._client()
        self._said += 1
        text = f"{self.user} says {self._said}"
        outgoing = chat.post(step.room, text)
        self.diary.note(Saw.SENT, step.room, command_id=outgoing.command_id, text=text)
        try:
            sent = await outgoing
        except ClosedError:
            return  # nobody knows what became of it
        except ChatError as error:
            self.diary.note(Saw.REFUSED, step.room, command_id=outgoing.command_id, text=error.code)
        else:
            self._own.setdefault(step.room, []).append(sent.seq)
            self.diary.note(Saw.ACKED, step.room, command_id=outgoing.command_id, seq=sent.seq)

    async def _burst(self, step: Step) -> None:
        await asyncio.gather(*(self._say(step) for _ in range(BURST)), return_exceptions=True)

    async def _edit(self, step: Step) -> None:
        if (seq := self._one_of_mine(step)) is not None:
            text = f"{self.user} edits {seq} {step.pick}"
            self.diary.note(Saw.EDITED, step.room, seq=seq, text=text)
            changed = await (await self._client()).edit(step.room, seq, text)
            self.diary.note(Saw.ALTERED, step.room, seq=seq, text=text, rev=changed.rev)

    async def _delete(self, step: Step) -> None:
        if (seq := self._one_of_mine(step)) is not None:
            changed = await (await self._client()).delete(step.room, seq)
            self.diary.note(Saw.DELETED, step.room, seq=seq, rev=changed.rev)

    async def _react(self, step: Step) -> None:
        newest = self._newest(step.room)
        if newest:
            seq = 1 + step.pick % newest
            await (await self._client()).react(step.room, seq, "👍", remove=step.pick % 3 == 0)

    async def _pin(self, step: Step) -> None:
        newest = self._newest(step.room)
        if newest:
            await (await self._client()).pin(step.room, 1 + step.pick % newest, remove=step.pick % 3 == 0)

    async def _read(self, step: Step) -> None:
        newest = self._newest(step.room)
        if newest:
            await (await self._client()).mark_read(step.room, newest)
            self.diary.note(Saw.MARKED, step.room, seq=newest)

    async def _look(self, step: Step | None = None) -> None:
        del step
        chat = await self._client()
        asked_ms = self.diary.now_ms
        for room in await chat.rooms():
            if room.member:
                self.diary.note(
                    Saw.UNREAD,
                    room.room,
                    seq=room.read_seq,
                    newest=room.last_seq,
                    unread=room.unread,
                    asked_ms=asked_ms,
                )

    async def _type(self, step: Step) -> None:
        await (await self._client()).typing(step.room)

    async def _leave(self, step: Step) -> None:
        await (await self._client()).leave(step.room)
        self.diary.note(Saw.LEFT, step.room)

    async def _join(self, step: Step) -> None:
        chat = await self._client()
        self.diary.note(Saw.JOINED, step.room)
        await chat.join(step.room)
        await self._follow(step.room)

    async def _remove(self, step: Step) -> None:
        others = [user for user in self.diary.people if user != self.user]
        if others:
            user = others[step.pick % len(others)]
            await (await self._client()).remove(step.room, user, ban=step.pick % 4 == 0)
            self.diary.note(Saw.REMOVED, step.room, user=user)

    async def _invite(self, step: Step) -> None:
        user = self.diary.people[step.pick % len(self.diary.people)]
        self.diary.note(Saw.INVITED, step.room, user=user)
        await (await self._client()).invite(step.room, user)

    async def _follow(self, room: str) -> None:
        reader = self._readers.get(room)
        if reader is None or reader.done():
            self._readers[room] = asyncio.ensure_future(self._read_feed(room))

    async def _unfollow(self, step: Step) -> None:
        if (feed := self._feeds.pop(step.room, None)) is not None:
            self.diary.note(Saw.UNFOLLOWED, step.room)
            await feed.aclose()

    async def _restart(self, step: Step) -> None:
        """The program ends and is started again; it knows up to where it had read."""
        del step
        if self._chat is None:
            return
        old, self._chat = self._chat, None
        self._online.clear()
        await old.close()
        self.diary.note(Saw.RESTARTED)
        await self._sign_in()
        for room in list(self._positions):
            await self._follow(room)

    async def _erase(self, step: Step) -> None:
        """Asks for the end of all that is theirs. One in three means it, or nobody would be left."""
        if step.pick % 3:
            return
        self._erased = True
        await self._ask("POST", json.dumps({"user": self.user}).encode())
        while json.loads(await self._ask("GET", None))["state"] != "done":  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(POLL_S)
        self.diary.note(Saw.ERASED)

    async def _ask(self, method: str, body: bytes | None) -> bytes:
        """Says something to the endpoint of erasure until it answers."""
        while True:
            request = urllib.request.Request(  # noqa: S310 - it goes to the simulated gateway
                f"{self._stage[0]}/api/account/erasure",
                data=body,
                headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
                method=method,
            )
            with contextlib.suppress(ChatError):
                return await self._network.exchange(request, timeout_s=30)
            await asyncio.sleep(POLL_S)

    # What they hear

    async def _read_feed(self, room: str) -> None:
        after = self._positions.get(room)
        chat = await self._client()
        feed = chat.subscribe(room, after=after)
        self._feeds[room] = feed
        try:
            async with feed:
                if self._feeds.get(room) is not feed:
                    return  # unfollowed while it was being opened
                self.diary.note(Saw.SUBSCRIBED, room, seq=feed.position)
                self._positions.setdefault(room, feed.position)
                async for message in feed:
                    self._positions[room] = message.seq
                    self.diary.note_message(Saw.HEARD, message)
        except ChatError as error:
            self.diary.note(Saw.EXCLUDED, room, text=error.code)
            self._positions.pop(room, None)

    async def _listen(self, chat: Chat) -> None:
        async for event in chat.events(MessageChanged):
            self.diary.note_message(Saw.CHANGED, event.message)

    async def _read_all(self, room: str) -> None:
        chat = await self._client()
        async for message in chat.history(room, after=0):
            if not message.until:  # what lies between two epochs was never given
                self.diary.note_message(Saw.READ, message)

    # How they are connected

    @property
    def _token(self) -> str:
        return f"{self.user}/{self.user.upper()}"

    async def _sign_in(self) -> None:
        while True:
            try:
                self._chat = await Chat.connect(self._stage, token=self._token)
            except ChatError:
                await asyncio.sleep(1)
            else:
                break
        self._listener = asyncio.ensure_future(self._listen(self._chat))
        self._online.set()

    async def _client(self) -> Chat:
        await self._online.wait()
        if self._chat is None:  # it was ended before this had its turn
            return await self._client()
        return self._chat

    def _start(self, work: Awaitable[None], name: str) -> None:
        self._loop.start(self.machine, work, name=f"{self.user} {name}")  # type: ignore[arg-type]  # it is a coroutine

    def _one_of_mine(self, step: Step) -> int | None:
        mine = self._own.get(step.room, [])
        return mine[step.pick % len(mine)] if mine else None

    def _newest(self, room: str) -> int:
        return self._positions.get(room, 0)
