"""The screen: rooms on the left, the conversation on the right, a line to type on. Drawing and keys, nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import signal

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import ConditionalContainer, HSplit, Layout, VSplit, Window
from prompt_toolkit.layout.controls import BufferControl, FormattedTextControl
from prompt_toolkit.layout.processors import BeforeInput
from prompt_toolkit.styles import Style

from agent_chat import Chat, Outgoing
from agent_chat.frames import Room
from agent_chat.terminal.conversation import Conversation
from agent_chat.terminal.text import clean_line
from agent_chat.terminal.timeline import columns_of, fit, wrap

SIDE_COLUMNS = 24
LEAST_COLUMNS = 60
"""A narrower terminal shows no list of rooms."""

FIXED_ROWS = 2
"""The header and the line to type on."""

MOST_NOTE_ROWS = 8

STYLE = Style.from_dict(
    {
        "header": "reverse",
        "offline": "reverse ansiyellow",
        "side": "",
        "side.current": "reverse bold",
        "side.unread": "bold ansicyan",
        "side.other": "ansibrightblack",
        "border": "ansibrightblack",
        "rule": "ansibrightblack",
        "unread": "ansicyan",
        "time": "ansibrightblack",
        "own": "bold",
        "pending": "ansibrightblack",
        "failed": "ansired",
        "note": "ansiyellow",
        "prompt": "bold",
    }
)
STATES = {
    "connecting": "connecting…",
    "online": "online",
    "waiting": "offline, trying again",
    "closed": "closed",
    "refused": "signed out",
}


class Screen:
    """The whole terminal, until it is left."""

    def __init__(self, chat: Chat, url: str) -> None:
        self._chat = chat
        self._conversation = Conversation(chat, url, self._redraw)
        self._input = Buffer(accept_handler=self._accept, multiline=False, history=InMemoryHistory())
        self._application: Application[None] = Application(
            layout=self._layout(), key_bindings=self._keys(), style=STYLE, full_screen=True, erase_when_done=True
        )

    async def run(self) -> None:
        """Shows the screen until Ctrl-C, Ctrl-D, /quit or a signal."""
        leaving = asyncio.ensure_future(self._leave_when_asked())
        try:
            await self._conversation.start()
            await self._application.run_async(pre_run=self._catch_signals)
        finally:
            leaving.cancel()
            await self._conversation.close()

    def unsent(self) -> list[Outgoing]:
        """What was typed and is not known to be stored; to be asked once the client is closed."""
        return [outgoing for outgoing in self._conversation.posted if not outgoing.stored]

    async def _leave_when_asked(self) -> None:
        await self._conversation.left.wait()
        self._exit()

    def _catch_signals(self) -> None:
        """A closed terminal or `kill` leaves as Ctrl-C does."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(NotImplementedError):
            for number in (signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, self._exit)

    def _exit(self) -> None:
        if self._application.is_running and not self._application.is_done:
            self._application.exit()

    def _redraw(self) -> None:
        self._application.invalidate()

    def _accept(self, buffer: Buffer) -> bool:
        self._conversation.enter(buffer.text)
        return False  # the line is emptied

    def _columns(self) -> int:
        """Of the right side."""
        columns = self._application.output.get_size().columns
        return max(1, columns - SIDE_COLUMNS - 1) if columns >= LEAST_COLUMNS else columns

    def _size(self) -> tuple[int, int]:
        """Columns and rows of the messages."""
        rows = self._application.output.get_size().rows
        return self._columns(), max(1, rows - FIXED_ROWS - len(self._note_lines()))

    def _layout(self) -> Layout:
        side = Window(FormattedTextControl(self._side), width=SIDE_COLUMNS, style="class:side")
        border = Window(width=1, char="│", style="class:border")
        line = Window(BufferControl(self._input, input_processors=[BeforeInput("> ", style="class:prompt")]), height=1)
        conversation = HSplit(
            [
                Window(FormattedTextControl(self._header), height=1),
                Window(FormattedTextControl(self._messages)),
                Window(FormattedTextControl(self._note), height=lambda: len(self._note_lines()), style="class:note"),
                line,
            ]
        )
        wide = Condition(lambda: self._application.output.get_size().columns >= LEAST_COLUMNS)
        rooms = ConditionalContainer(VSplit([side, border]), filter=wide)
        return Layout(VSplit([rooms, conversation]), focused_element=line)

    def _side(self) -> StyleAndTextTuples:
        fragments: StyleAndTextTuples = [("bold", fit(f" {clean_line(self._chat.user.name)}", SIDE_COLUMNS) + "\n\n")]
        for room in self._conversation.rooms:
            fragments.append(self._side_line(room))
        return fragments

    def _side_line(self, room: Room) -> tuple[str, str]:
        unread = self._conversation.unread(room)
        count = f" {min(unread, 999)}" if unread else ""
        mark = {"private": "◦", "direct": "@"}.get(room.kind, "#") if room.member else "+"
        style = "class:side.unread" if unread else "" if room.member else "class:side.other"
        if room.room == self._conversation.current:
            style = "class:side.current"
        name = fit(f" {mark} {clean_line(room.title)}", SIDE_COLUMNS - columns_of(count) - 1)
        return style, f"{name}{count} \n"

    def _header(self) -> StyleAndTextTuples:
        columns = self._columns()
        room, state = self._conversation.room, self._chat.state
        title = " · ".join([f" {clean_line(room.title)}", *details(room)]) if room else " No room"
        shown = f" {STATES[state]}{' over HTTP' if self._chat.way == 'http' else ''} "
        style = "class:header" if state == "online" else "class:offline"
        return [(style, fit(title, max(2, columns - len(shown))) + shown)]

    def _messages(self) -> StyleAndTextTuples:
        columns, rows = self._size()
        timeline, room = self._conversation.timeline, self._conversation.room
        if timeline is None or room is None:
            hint = "Enter joins this room." if room else "No room yet: /create TITLE makes one, /help says what else."
            return [("", "\n" * (rows // 2) + "  " + hint)]
        if not timeline.newest and not room.last_seq:
            return [("class:border", "\n" * (rows - 1) + "Nothing has been said here yet.")]
        fragments: StyleAndTextTuples = []
        for line in timeline.screen(columns, rows):
            fragments += [*line, ("", "\n")]
        return fragments[:-1]

    def _note(self) -> StyleAndTextTuples:
        style = "" if self._conversation.note else "class:border"
        return [(style, "\n".join(self._note_lines()))]

    def _note_lines(self) -> list[str]:
        """What is said below the messages: all of it, as far as there is room for it."""
        timeline = self._conversation.timeline
        note = self._conversation.note
        if not note and timeline is not None and not timeline.at_end:
            note = "PageDown for newer messages, Ctrl-End for the newest"
        note = note or "/help  Ctrl-N/Ctrl-P rooms  Tab unread  PageUp older  Ctrl-C leave"
        lines = list(wrap(note, self._columns()))
        return lines if len(lines) <= MOST_NOTE_ROWS else [*lines[: MOST_NOTE_ROWS - 1], "…"]

    def _scroll(self, by_pages: float) -> None:
        timeline = self._conversation.timeline
        if timeline is None:
            return
        columns, rows = self._size()
        timeline.scroll(int(by_pages * rows))
        if timeline.at_start(columns, rows):
            self._conversation.load_older()

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()

        @keys.add("c-c")
        @keys.add("c-d")
        @keys.add("c-q")
        def _(_event: KeyPressEvent) -> None:
            self._exit()

        @keys.add("c-n")
        @keys.add("escape", "down")
        def _(_event: KeyPressEvent) -> None:
            self._conversation.step(1)

        @keys.add("c-p")
        @keys.add("escape", "up")
        def _(_event: KeyPressEvent) -> None:
            self._conversation.step(-1)

        self._add_line_keys(keys)
        return keys

    def _add_line_keys(self, keys: KeyBindings) -> None:
        @keys.add("tab")
        def _(_event: KeyPressEvent) -> None:
            self._conversation.open_unread()

        @keys.add("up")
        def _(_event: KeyPressEvent) -> None:
            self._input.history_backward()

        @keys.add("down")
        def _(_event: KeyPressEvent) -> None:
            self._input.history_forward()

        @keys.add("pageup")
        def _(_event: KeyPressEvent) -> None:
            self._scroll(0.8)

        @keys.add("pagedown")
        def _(_event: KeyPressEvent) -> None:
            self._scroll(-0.8)

        @keys.add("c-end")
        def _(_event: KeyPressEvent) -> None:
            if self._conversation.timeline is not None:
                self._conversation.timeline.scroll_to_end()


def details(room: Room) -> list[str]:
    """What the header says of a room beside its title. Nobody has a use for the id of a direct one."""
    return [room.kind] if room.kind == "direct" else [room.kind, room.room]
