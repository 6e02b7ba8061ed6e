"""What a person does with the client: which rooms there are, which one is on the screen, what is typed and sent.

Knows no keys and no drawing: `changed` is called when something is to be drawn anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

from msgspec import structs

from agent_chat import (
    AuthorErased,
    Chat,
    ChatError,
    ConnectionChanged,
    MemberChanged,
    Mentioned,
    Message,
    MessageChanged,
    ReadMoved,
    Room,
    RoomAdvanced,
)
from agent_chat.dispatch import Outgoing
from agent_chat.terminal.text import author_of, clean_line, explain
from agent_chat.terminal.timeline import Pending, Timeline

RECENT = 60
"""Messages shown when a room is opened."""

OLDER = 100
REFRESH_S = 15.0
"""Unread counts of rooms that are not on the screen are asked for this often."""

READ_PAUSE_S = 0.7
"""What was on the screen this long counts as read."""

COMMANDS = {
    "join": "ROOM",
    "create": "TITLE",
    "private": "TITLE",
    "direct": "USER",
    "invite": "USER",
    "members": "",
    "leave": "",
    "upload": "FILE",
    "help": "",
    "quit": "",
}
"""What can be typed, and the word that each needs."""

HELP = "\n".join(
    [
        "  ".join(f"/{command} {word}".rstrip() for command, word in COMMANDS.items()),
        "Ctrl-N and Ctrl-P change rooms, Tab goes to the next unread one, Ctrl-C leaves.",
        "PageUp and PageDown scroll, Ctrl-End goes back to the newest; Up and Down bring back what was typed.",
        "Enter alone joins the room that is shown. A message that begins with a / is typed with two.",
    ]
)


class Conversation:
    """One person's rooms. `start` begins, `close` ends."""

    def __init__(self, chat: Chat, url: str, changed: Callable[[], None]) -> None:
        self.chat = chat
        self.rooms: list[Room] = []
        self.current: str | None = None
        self.note = ""
        self.left = asyncio.Event()
        self.posted: list[Outgoing] = []
        """Messages that are not known to be stored."""
        self._url = url
        self._changed = changed
        self._timelines: dict[str, Timeline] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._reading: asyncio.Task[None] | None = None
        self._loading = False
        self._read_up_to: dict[str, int] = {}

    @property
    def room(self) -> Room | None:
        """The room on the screen."""
        return next((room for room in self.rooms if room.room == self.current), None)

    @property
    def timeline(self) -> Timeline | None:
        """What the room on the screen holds; None where there is none or one is no member of it."""
        return self._timelines.get(self.current or "")

    async def start(self) -> None:
        """Shows the rooms, and of them the first that one is in. Raises `ChatError`."""
        await self.refresh()
        self.run(self._refresh_always())
        self.run(self._follow_events())
        first = next((room for room in self.rooms if room.member), None)
        if first is not None:
            self.open(first.room)

    async def close(self) -> None:
        """Ends what runs in the background."""
        tasks = [*self._tasks, *([self._reading] if self._reading else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def run(self, work: Awaitable[None]) -> None:
        """Does something in the background; what goes wrong is told below the messages."""

        async def told() -> None:
            try:
                await work
            except (ChatError, OSError, ValueError) as error:
                self.say(explain(error))

        task = asyncio.ensure_future(told())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def say(self, note: str) -> None:
        """Tells the person something."""
        self.note = clean_line(note)
        self._changed()

    async def refresh(self) -> None:
        """The rooms and their counts as they are now: one's own first."""
        rooms = await self.chat.rooms()
        self.rooms = sorted(rooms, key=lambda room: (not room.member, room.title.casefold(), room.room))
        self._changed()

    def unread(self, room: Room) -> int:
        """How many messages were not read; what is on the screen is being read."""
        read_seq = max(room.read_seq, self._read_up_to.get(room.room, 0))
        return 0 if room.room == self.current else max(0, room.last_seq - read_seq) if room.member else 0

    def open(self, room: str) -> None:
        """Puts a room on the screen and follows it; the one before is left where it was."""
        if self._reading is not None:
            self._reading.cancel()
        self.current, self.note = room, ""
        opened = self.room
        self._reading = asyncio.ensure_future(self._read(opened)) if opened is not None and opened.member else None
        self._changed()

    def step(self, by: int) -> None:
        """The next room of the list, or one before."""
        names = [room.room for room in self.rooms]
        if names:
            index = names.index(self.current) if self.current in names else -1 if by > 0 else 0
            self.open(names[(index + by) % len(names)])

    def open_unread(self) -> None:
        """The next room with something unread."""
        names = [room.room for room in self.rooms]
        start = names.index(self.current) + 1 if self.current in names else 0
        unread = next((room for room in self.rooms[start:] + self.rooms[:start] if self.unread(room)), None)
        if unread is None:
            self.say("Nothing unread.")
        else:
            self.open(unread.room)

    def enter(self, line: str) -> None:
        """Does what was typed: a command, or a message to the room on the screen."""
        self.note = ""
        if line.startswith("/") and not line.startswith("//"):
            command, _, argument = line[1:].partition(" ")
            self.run(self._obey(command.lower(), argument.strip()))
        elif not line.strip():
            self._join_shown()
        else:
            self._post(line.removeprefix("/") if line.startswith("//") else line)

    def load_older(self) -> None:
        """Fetches what was said before what is here, unless that is under way."""
        timeline = self.timeline
        if timeline is None or timeline.oldest is None or timeline.whole or self._loading:
            return
        self._loading = True
        self.run(self._load_older(self.current or "", timeline, timeline.oldest))

    def _join_shown(self) -> None:
        room = self.room
        if room is not None and not room.member:
            self.run(self._obey("join", room.room))

    def _post(self, text: str) -> None:
        room, timeline = self.room, self.timeline
        if room is None or timeline is None:
            self.say("Enter a room first: Enter joins the one that is shown, /join ROOM another.")
            return
        outgoing = self.chat.post(room.room, text)
        self.posted = [earlier for earlier in self.posted if not earlier.stored] + [outgoing]
        timeline.expect(Pending(outgoing.command_id, text))
        self.run(self._sent(timeline, outgoing))
        self._changed()

    async def _sent(self, timeline: Timeline, outgoing: Outgoing) -> None:
        try:
            await outgoing
        except ChatError as error:
            timeline.refuse(outgoing.command_id, error.message)
            self._changed()

    async def _obey(self, command: str, argument: str) -> None:
        commands: dict[str, Callable[[str], Awaitable[None]]] = {
            "join": self._join,
            "create": self._create,
            "private": self._create_private,
            "direct": self._direct,
            "invite": self._invite,
            "members": self._members,
            "leave": self._leave,
            "upload": self._upload,
            "help": self._help,
            "quit": self._quit,
        }
        if command not in commands:
            self.say(f"There is no /{command}; /help tells what there is.")
        elif not argument and COMMANDS[command]:
            self.say(f"/{command} {COMMANDS[command]}: that word is missing.")
        else:
            await commands[command](argument)

    async def _join(self, room: str) -> None:
        await self._enter_room((await self.chat.join(room)).room)

    async def _create(self, title: str) -> None:
        await self._enter_room((await self.chat.create(title)).room)

    async def _create_private(self, title: str) -> None:
        await self._enter_room((await self.chat.create(title, kind="private")).room)

    async def _direct(self, user: str) -> None:
        await self._enter_room((await self.chat.direct(user)).room)

    async def _invite(self, user: str) -> None:
        await self.chat.invite(self.current or "", user)
        self.say(f"{user} is invited.")

    async def _members(self, _argument: str) -> None:
        members = [f"{member.user.name} ({member.role})" async for member in self.chat.members(self.current or "")]
        self.say(f"{len(members)} member{'s' if len(members) > 1 else ''}: {', '.join(members)}")

    async def _leave(self, _argument: str) -> None:
        await self.chat.leave(self.current or "")
        await self.refresh()
        self.step(1)

    async def _upload(self, path: str) -> None:
        file = await asyncio.to_thread(Path(path).expanduser)

        def show(sent_bytes: int, total_bytes: int) -> None:
            self.say(f"{file.name}: {100 * sent_bytes // max(1, total_bytes)} %")

        await self.chat.upload(self.current or "", file, progress=show)
        self.say("")

    async def _help(self, _argument: str) -> None:
        self.note = HELP
        self._changed()

    async def _quit(self, _argument: str) -> None:
        self.left.set()

    async def _enter_room(self, room: str) -> None:
        await self.refresh()
        self.open(room)

    async def _read(self, room: Room) -> None:
        """Follows a room while it is on the screen."""
        timeline = self._timelines.get(room.room)
        if timeline is None:
            timeline = Timeline(self.chat.user.id, url=self._url, unread_after=room.read_seq if room.unread else None)
            self._timelines[room.room] = timeline
        after = timeline.newest or None
        try:
            async with self.chat.subscribe(room.room, after=after, recent=RECENT) as feed:
                marking = asyncio.ensure_future(self._mark_read(room.room, timeline))
                try:
                    async for message in feed:
                        timeline.add([message])
                        self._changed()
                finally:
                    marking.cancel()
        except ChatError as error:
            self.say(error.message)
            if not error.temporary:
                await self.refresh()

    async def _mark_read(self, room: str, timeline: Timeline) -> None:
        """Moves the read cursor after what is on the screen, one call for all that came in a while."""
        while True:
            await asyncio.sleep(READ_PAUSE_S)
            if timeline.at_end and timeline.newest > self._read_up_to.get(room, 0):
                self._read_up_to[room] = timeline.newest
                self.run(self.chat.mark_read(room, timeline.newest))

    async def _load_older(self, room: str, timeline: Timeline, before: int) -> None:
        try:
            older: list[Message] = []
            async with aclosing(self.chat.history(room, before=before, page_size=OLDER)) as history:
                async for message in history:
                    older.append(message)
                    if len(older) >= OLDER:
                        break
            timeline.add(older)
            timeline.whole = len(older) < OLDER
            self._changed()
        finally:
            self._loading = False

    async def _refresh_always(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_S)
            if self.chat.state == "online":
                await self.refresh_quietly()

    async def refresh_quietly(self) -> None:
        """As `refresh`; what stands in its way is told, not raised."""
        try:
            await self.refresh()
        except ChatError as error:
            self.say(error.message)

    async def _follow_events(self) -> None:
        async for event in self.chat.events():
            if isinstance(event, ConnectionChanged):
                self._changed()
            elif isinstance(event, ReadMoved):
                self._read_up_to[event.room] = max(event.seq, self._read_up_to.get(event.room, 0))
                self._changed()
            elif isinstance(event, RoomAdvanced):
                self._advance(event)
            elif isinstance(event, MemberChanged):
                await self._tell_change(event)
            elif isinstance(event, MessageChanged) and event.message.room in self._timelines:
                self._timelines[event.message.room].change(event.message)
                self._changed()
            elif isinstance(event, AuthorErased) and event.room in self._timelines:
                self._timelines[event.room].erase(event.user)
                self._changed()
            elif isinstance(event, Mentioned) and event.message.room != self.current:
                self.say(f"{author_of(event.message)} mentioned you in {event.message.room}: {event.message.text}")

    def _advance(self, event: RoomAdvanced) -> None:
        for index, room in enumerate(self.rooms):
            if room.room == event.room and room.last_seq < event.last_seq:
                self.rooms[index] = structs.replace(room, last_seq=event.last_seq, latest=event.latest)
        self._changed()

    async def _tell_change(self, event: MemberChanged) -> None:
        own = event.user.id == self.chat.user.id
        if own:
            await self.refresh_quietly()
        if own or event.room == self.current:
            who = "You" if own else event.user.name
            self.say(f"{who}: {event.change} ({event.room}), by {event.by.name}")
