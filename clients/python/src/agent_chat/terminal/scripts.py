"""The commands for scripts: each does one thing, prints to standard output and ends. Knows no argument syntax."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any, TextIO

import msgspec

from agent_chat import Chat, Message, Room
from agent_chat.errors import UnavailableError, UnreachableError
from agent_chat.frames import MAX_PAGE
from agent_chat.terminal.text import plain_line, room_line

VOID = "void"


class Printer:
    """Lines on standard output as they come, or JSON, one object a line."""

    def __init__(self, url: str, *, as_json: bool, out: TextIO | None = None) -> None:
        self._url = url
        self._as_json = as_json
        self._out = out or sys.stdout

    def message(self, message: Message) -> None:
        """A message."""
        self._line(message, plain_line(message, self._url))

    def room(self, room: Room) -> None:
        """A room of a list."""
        self._line(room, room_line(room))

    def _line(self, value: Any, text: str) -> None:  # noqa: ANN401  # any frame
        self._out.write((msgspec.json.encode(value).decode() if self._as_json else text) + "\n")
        self._out.flush()


async def enter(chat: Chat, room: str, *, join: bool) -> None:
    """Joins first where that was asked for; joining twice changes nothing."""
    if join:
        await chat.join(room)


async def rooms(chat: Chat, printer: Printer) -> None:
    """All rooms."""
    for room in await chat.rooms():
        printer.room(room)


async def send(chat: Chat, room: str, text: str) -> int:
    """Sends one message; its number."""
    return (await chat.send(room, text)).seq


async def tail(chat: Chat, printer: Printer, room: str, *, recent: int, after: int | None) -> None:
    """The newest messages and everything from then on, until interrupted."""
    async with chat.subscribe(room, recent=recent, after=after) as feed:
        async for message in feed:
            printer.message(message)


async def history(chat: Chat, printer: Printer, room: str, *, limit: int, before: int | None) -> None:
    """The newest `limit` messages below `before`, oldest first."""
    found: list[Message] = []
    if limit == 0 or before in {0, 1}:
        return
    async for message in chat.history(room, before=before, page_size=min(limit, MAX_PAGE)):
        if message.kind != VOID:
            found.append(message)
        if len(found) >= limit:
            break
    for message in reversed(found):
        printer.message(message)


async def upload(chat: Chat, printer: Printer, room: str, path: Path, resume: str | None) -> None:
    """Uploads an image and prints the message that it became.

    Progress goes to a terminal on standard error; so does what is to be given to `--resume`, where it was cut off.
    """
    known_by = [] if resume is None else [resume]

    def show(sent_bytes: int, total_bytes: int) -> None:
        if sys.stderr.isatty():
            percent = 100 * sent_bytes // max(1, total_bytes)
            sys.stderr.write(f"\r{percent:3} %" + ("\n" if sent_bytes == total_bytes else ""))
            sys.stderr.flush()

    try:
        printer.message(await chat.upload(room, path, progress=show, permitted=known_by.append, resume=resume))
    except (asyncio.CancelledError, UnavailableError, UnreachableError):
        if known_by:
            sys.stderr.write(f"\nTo go on with it: --resume {known_by[-1]}\n")
        raise


def read_text(argument: str | None) -> str:
    """The text of a message: the argument, or standard input where there is none or it is `-`.

    Raises ValueError where there is nothing in it.
    """
    text = argument if argument not in {None, "-"} else sys.stdin.read().rstrip("\n")
    if not text or not text.strip():
        raise ValueError("there is no text to send.")
    return text
