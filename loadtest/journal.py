"""What a client did and saw, as it writes it down: the evidence that `loadtest.checker` judges from.

A journal is JSON lines, one record a line, named by `record`. It begins with a `device`, to which all behind it belongs
until the next `device` line; a device that comes again goes on where it was. So one process may write for many
devices, and journals laid behind each other are a journal.

```json
{"record": "device", "device": "ada-1", "user": "ada", "ordered": true}
{"record": "sent", "room": "lobby", "command": "7f1c", "digest": "5f0c", "at_ms": 1790000000000}
{"record": "acked", "room": "lobby", "command": "7f1c", "seq": 1, "at_ms": 1790000000031}
```

Times are the client's own clock, in milliseconds. Records of one device stand in the order in which they happened.
Texts are never written, only their digests. Knows no server: whoever keeps to this may have been a client of any stage.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Literal

import msgspec

Via = Literal["live", "replay", "history", "tail"]
"""By an event; in the reply to a subscription; on a page of history; from a cached tail of the room."""

Change = Literal["edited", "deleted", "reacted", "pinned"]


class JournalError(Exception):
    """A line that is no record, with its file and number."""


class Record(msgspec.Struct, tag_field="record", frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What happened at a device."""

    at_ms: float


class Device(msgspec.Struct, tag_field="record", tag="device", frozen=True, kw_only=True, omit_defaults=True):
    """Whose the records behind this are. `user` is the id that the server knows them by.

    `ordered`: the device hands out each message of a room once and by number, as a feed does. Otherwise its journal
    has frames as they came, which may be repeated and overtake each other.
    """

    device: str
    user: str
    ordered: bool = False


class Opened(Record, tag="opened", frozen=True, kw_only=True):
    """A connection is usable."""

    connection: str


class Closed(Record, tag="closed", frozen=True, kw_only=True):
    """A connection has ended, whoever ended it."""

    connection: str


class Joined(Record, tag="joined", frozen=True, kw_only=True):
    """A user may see the room from now on. Written when it is asked for, before the answer. `user` None: one's own."""

    room: str
    user: str | None = None


class Left(Record, tag="left", frozen=True, kw_only=True):
    """The server said that one's own membership has ended by one's own wish."""

    room: str


class Removed(Record, tag="removed", frozen=True, kw_only=True):
    """The server said that somebody was put out of the room. `user` None: oneself."""

    room: str
    user: str | None = None


class Erased(Record, tag="erased", frozen=True, kw_only=True):
    """The server said that what a user left in the room is gone; `room` None: in all rooms."""

    user: str
    room: str | None = None


class Subscribed(Record, tag="subscribed", frozen=True, kw_only=True):
    """A subscription was answered. `after` is the number given with it, None where none was."""

    room: str
    last_seq: int
    after: int | None = None


class Unsubscribed(Record, tag="unsubscribed", frozen=True, kw_only=True):
    """The end of a subscription was answered."""

    room: str


class Sent(Record, tag="sent", frozen=True, kw_only=True):
    """A text was given to a connection, or was to be: written before each attempt, first and repeated ones."""

    room: str
    command: str
    digest: str


class Acked(Record, tag="acked", frozen=True, kw_only=True):
    """The server said that the text is durable, and its number."""

    room: str
    command: str
    seq: int


class Refused(Record, tag="refused", frozen=True, kw_only=True):
    """The server answered a command with an error."""

    command: str
    code: str
    room: str | None = None
    temporary: bool = False


class ChangeSent(Record, tag="change_sent", frozen=True, kw_only=True):
    """A change of a message was asked for; `digest` of an edit's new text. Written before each attempt."""

    room: str
    seq: int
    change: Change
    digest: str | None = None


class Changed(Record, tag="changed", frozen=True, kw_only=True):
    """One learnt of a change: by an event, a reply to a subscription, or the ack of one's own."""

    room: str
    seq: int
    change: Change
    rev: int = 0
    version: int = 1
    digest: str | None = None


class Heard(Record, tag="heard", frozen=True, kw_only=True):
    """An entry of a room's log came. `author` and `command` are None where the server names none, as in a void."""

    room: str
    seq: int
    author: str | None = None
    command: str | None = None
    digest: str | None = None
    kind: str = "text"
    via: Via = "live"
    version: int = 1
    rev: int = 0


class CaughtUp(Record, tag="caught_up", frozen=True, kw_only=True):
    """The client claims to hold every entry above `after` up to `last_seq`, and every change up to `last_rev`."""

    room: str
    after: int
    last_seq: int
    last_rev: int = 0


class Read(Record, tag="read", frozen=True, kw_only=True):
    """The server said that the user has read up to `seq`."""

    room: str
    seq: int


class Unread(Record, tag="unread", frozen=True, kw_only=True):
    """How the server counts the room for this user. `asked_at_ms`: when it was asked, by the same clock."""

    room: str
    unread: int
    read_seq: int
    last_seq: int
    asked_at_ms: float


Happening = (
    Opened
    | Closed
    | Joined
    | Left
    | Removed
    | Erased
    | Subscribed
    | Unsubscribed
    | Sent
    | Acked
    | Refused
    | ChangeSent
    | Changed
    | Heard
    | CaughtUp
    | Read
    | Unread
)
Line = Device | Happening

Journal = Iterable[Line]
"""A journal that can be read several times: a list in memory, or a `JournalFile`."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Line)


def digest(text: str) -> str:
    """What stands for a text: 64 bits, enough to tell all messages of a run apart."""
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def write(file: IO[bytes], lines: Iterable[Line]) -> None:
    """Appends records."""
    file.write(b"".join([_encoder.encode(line) + b"\n" for line in lines]))


class JournalFile:
    """A journal on disk, read anew by each iteration, a line at a time.

    A last line that was cut off by the end of its process is passed over. Raises `JournalError` for other lines that
    are no records, and OSError.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[Line]:
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    yield _decoder.decode(line)
                except (msgspec.DecodeError, UnicodeError) as error:
                    if not line.endswith(b"\n"):
                        return
                    raise JournalError(f"{self.path}, line {number}: not a record of a journal ({error})") from error
