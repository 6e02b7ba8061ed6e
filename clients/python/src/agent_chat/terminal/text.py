"""Messages as lines of text. What others wrote can't steer the terminal. Knows nothing of how lines are shown."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from agent_chat.frames import Media, Message, Room

BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They could make a line read otherwise than it is."""

KEPT = frozenset("\n")
SHOWN_FOR_CONTROL = "\ufffd"


def clean(text: str) -> str:
    """Without control characters, escape sequences and direction overrides; tabs are spaces."""
    return "".join(_clean(character) for character in text.replace("\r\n", "\n").replace("\t", "    "))


def clean_line(text: str) -> str:
    """As `clean`, on one line."""
    return " ".join(clean(text).split())


def clock_time(at_ms: int) -> str:
    """Hours and minutes here."""
    return local_time(at_ms).strftime("%H:%M")


def local_time(at_ms: int) -> datetime:
    """A server's time on this machine's wall."""
    return datetime.fromtimestamp(at_ms / 1000).astimezone()


def author_of(message: Message) -> str:
    """Whose it is, for showing."""
    return clean_line(message.author.name) if message.author else "-"


def body_of(message: Message, url: str = "") -> str:
    """What it says; of an image or a file, its name, its measure and where it is."""
    if message.media is None:
        edited = " (edited)" if message.version > 1 else ""
        return clean(message.text) + edited if message.text else f"({clean_line(message.kind)})"
    media = message.media
    path = media.files[0].url if media.files else media.original.url
    return f"[{clean_line(media.kind)}: {clean_line(media.name)}, {_measure(media)}] {url}{clean_line(path)}"


def _measure(media: Media) -> str:
    """How much of it there is, in the unit of its kind."""
    if media.duration_ms is not None:
        minutes, seconds = divmod(round(media.duration_ms / 1000), 60)
        return f"{minutes}:{seconds:02}"
    if media.pages is not None:
        return f"{media.pages} {'page' if media.pages == 1 else 'pages'}"
    if media.kind == "document":
        return "text"
    return f"{media.original.width} by {media.original.height}"


def plain_line(message: Message, url: str = "") -> str:
    """One message for a pipe: time, author, text; further lines of it are indented."""
    body = body_of(message, url).replace("\n", "\n    ")
    return f"{local_time(message.sent_at_ms):%Y-%m-%d %H:%M} {author_of(message)}: {body}"


def room_line(room: Room) -> str:
    """One room for a pipe: its id, what is unread, its title."""
    unread = f"{room.unread} unread" if room.unread else "" if room.member else "not joined"
    return f"{room.room:<32} {unread:<12} {clean_line(room.title)}"


def explain(error: Exception) -> str:
    """What went wrong, in one line: of a file, which one and why."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return clean_line(f"{error.filename}: {error.strerror}")
    return clean_line(str(error))


def _clean(character: str) -> str:
    if character in KEPT:
        return character
    if character in BIDI_CONTROLS:
        return ""
    return SHOWN_FOR_CONTROL if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} else character
