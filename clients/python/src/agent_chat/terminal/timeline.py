"""One room as it is shown: messages, messages on their way, and which part of them is on the screen.

Pure: lines are lists of styled fragments for a width and a height; what draws them and where messages come from is
others' business.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from msgspec import structs
from wcwidth import wcwidth

from agent_chat.frames import Message
from agent_chat.terminal.text import author_of, body_of, clock_time, local_time

Line = list[tuple[str, str]]
"""Fragments of style and text, as prompt_toolkit takes them."""

NAME_COLUMNS = 12
MARGIN = 5 + 1 + NAME_COLUMNS + 1
"""Time and name before each text."""

LEAST_TEXT_COLUMNS = 10
AUTHOR_COLOURS = ("ansired", "ansigreen", "ansiyellow", "ansiblue", "ansimagenta", "ansicyan")
VOID = "void"
DELETED = "deleted"


@dataclass
class Pending:
    """A message of one's own that the server has not spoken about yet; with `error`, one that it refused."""

    command_id: str
    text: str
    error: str | None = None


class Timeline:
    """Messages by number, and a window on them that stays where it is while others come in.

    `own` is the user's id. `unread_after` is the number behind which a line says that what follows is new.
    """

    def __init__(self, own: str, *, url: str = "", unread_after: int | None = None) -> None:
        self._own = own
        self._url = url
        self._messages: dict[int, Message] = {}
        self._order: list[int] = []
        self._pending: dict[str, Pending] = {}
        self._wrapped: dict[tuple[int, int], list[Line]] = {}
        self._columns = 80
        self._scrolled = 0
        self.unread_after = unread_after
        self.whole = False
        """Whether the first message of the room is here."""

    @property
    def oldest(self) -> int | None:
        """The lowest number here; None where there is none."""
        return self._order[0] if self._order else None

    @property
    def newest(self) -> int:
        """The highest number here, 0 where there is none."""
        return self._order[-1] if self._order else 0

    @property
    def at_end(self) -> bool:
        """Whether the newest message is on the screen."""
        return self._scrolled == 0

    def add(self, messages: Iterable[Message]) -> None:
        """Takes in messages, in any order and repeatedly. Who has scrolled back keeps what they look at."""
        last = self.newest
        for message in messages:
            if message.command_id is not None:
                self._pending.pop(message.command_id, None)
            if message.kind == VOID or message.seq in self._messages:
                continue
            newest = message.seq > last
            self._messages[message.seq] = message
            self._order.append(message.seq)
            last = max(last, message.seq)
            if newest and self._scrolled:
                self._scrolled += len(self._lines_of(message.seq, self._columns))
        self._order.sort()

    def change(self, message: Message) -> None:
        """Shows a message of here as it stands now; an older copy changes nothing."""
        known = self._messages.get(message.seq)
        if known is not None and message.rev >= known.rev:
            self._messages[message.seq] = message
            self._wrapped = {key: lines for key, lines in self._wrapped.items() if key[0] != message.seq}

    def erase(self, user: str) -> None:
        """Shows nothing more of what a user wrote."""
        for seq, message in self._messages.items():
            if message.author is not None and message.author.id == user:
                self._messages[seq] = structs.replace(message, kind=DELETED, author=None, text="", media=None)
        self._wrapped.clear()

    def expect(self, pending: Pending) -> None:
        """Shows a message that is on its way."""
        self._pending[pending.command_id] = pending
        self._scrolled = 0

    def refuse(self, command_id: str, error: str) -> None:
        """Says at a message on its way that it will not arrive, and why."""
        if command_id in self._pending:
            self._pending[command_id].error = error

    def scroll(self, lines: int) -> None:
        """Moves the window: up by so many lines, or down where negative."""
        self._scrolled = max(0, self._scrolled + lines)

    def scroll_to_end(self) -> None:
        """Shows the newest message."""
        self._scrolled = 0

    def screen(self, columns: int, rows: int) -> list[Line]:
        """What is to be seen in a window of this size: exactly `rows` lines, empty ones first."""
        self._columns = columns
        lines = list(self._all_lines(columns))
        self._scrolled = min(self._scrolled, max(0, len(lines) - rows))
        end = len(lines) - self._scrolled
        shown = lines[max(0, end - rows) : end]
        return [[] for _ in range(rows - len(shown))] + shown

    def at_start(self, columns: int, rows: int) -> bool:
        """Whether the oldest message here is on the screen, so that older ones are wanted."""
        return self._scrolled + rows >= sum(1 for _ in self._all_lines(columns))

    def _all_lines(self, columns: int) -> Iterator[Line]:
        day = None
        for seq in self._order:
            date = local_time(self._messages[seq].sent_at_ms).date()
            if date != day:
                day = date
                yield rule(f"{date:%A, %d %B %Y}", columns, "class:rule")
            if self.unread_after is not None and seq > self.unread_after >= self._before(seq):
                yield rule("new", columns, "class:unread")
            yield from self._lines_of(seq, columns)
        for pending in self._pending.values():
            yield from self._pending_lines(pending, columns)

    def _before(self, seq: int) -> int:
        """The number of the message before this one here; 0 before the first, which then is not marked new."""
        index = self._order.index(seq)
        return self._order[index - 1] if index else seq

    def _lines_of(self, seq: int, columns: int) -> list[Line]:
        if (seq, columns) not in self._wrapped:
            message = self._messages[seq]
            author, own = author_of(message), message.author is not None and message.author.id == self._own
            name = fit(author, NAME_COLUMNS)
            style = "class:own" if own else f"fg:{colour(message.author.id if message.author else '')}"
            head: Line = [("class:time", clock_time(message.sent_at_ms) + " "), (style, name + " ")]
            self._wrapped[seq, columns] = list(beside(head, body_of(message, self._url), columns, ""))
        return self._wrapped[seq, columns]

    def _pending_lines(self, pending: Pending, columns: int) -> Iterator[Line]:
        failed = pending.error is not None
        note = f"  ✗ {pending.error}" if failed else "  …"
        head: Line = [
            ("class:time", "      "),
            ("class:own", fit("not sent" if failed else "sending", NAME_COLUMNS) + " "),
        ]
        yield from beside(head, pending.text + note, columns, "class:failed" if failed else "class:pending")


def rule(label: str, columns: int, style: str) -> Line:
    """A line across with words in it."""
    left = f"── {label} "
    return [(style, left + "─" * max(0, columns - len(left)))]


def beside(head: Line, text: str, columns: int, style: str) -> Iterator[Line]:
    """Text wrapped into the columns right of `head`."""
    width = max(LEAST_TEXT_COLUMNS, columns - MARGIN)
    for number, part in enumerate(wrap(text, width)):
        yield [*head, (style, part)] if number == 0 else [("", " " * MARGIN), (style, part)]


def wrap(text: str, width: int) -> Iterator[str]:
    """Lines of at most `width` columns, broken between words where there are any. Wide characters count two."""
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            joined = f"{line} {word}" if line else word
            if columns_of(joined) <= width:
                line = joined
                continue
            if line:
                yield line
            *full, line = split(word, width)
            yield from full
        yield line


def split(word: str, width: int) -> list[str]:
    """A word in pieces of at most `width` columns."""
    pieces, piece, used = [], "", 0
    for character in word:
        wide = columns_of(character)
        if piece and used + wide > width:
            pieces.append(piece)
            piece, used = "", 0
        piece, used = piece + character, used + wide
    return [*pieces, piece]


def fit(text: str, width: int) -> str:
    """Text of exactly `width` columns."""
    if columns_of(text) > width:
        first = split(text, width - 1)[0]
        text = (first if columns_of(first) < width else "") + "…"  # a wide character may not fit even alone
    return text + " " * (width - columns_of(text))


def columns_of(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(max(0, wcwidth(character)) for character in text)


def colour(user: str) -> str:
    """The same for the same user, everywhere."""
    return AUTHOR_COLOURS[zlib.crc32(user.encode()) % len(AUTHOR_COLOURS)]
