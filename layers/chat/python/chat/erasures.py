"""The ledger of what was taken away for good: which messages and which users, and when.

It is kept in the stage's bucket, where no restore of the tables reaches it, so that whoever restores them from before
that day takes it away once more (`operations.restore`). An entry says all in its name and nothing of what was there:

    audit/erasures/2026-11-26/messages/lunch/000000000000042.erased
    audit/erasures/2026-11-26/users/ZXZl.1795694400000                (the id in base 64, and when)

A message's entry is written from the stream, seconds after the fact, a user's before their erasure begins.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from chat.ports import Files

LEDGER = "audit/erasures/"
"""How the entries' names begin. Nothing removes them: they are as old as the oldest backup can be."""

_MESSAGE = re.compile(r"messages/([a-z0-9-]+)/(\d{15})\.(deleted|erased)")
_USER = re.compile(r"users/([A-Za-z0-9_-]+=*)\.(\d{1,15})")


@dataclass(frozen=True)
class ErasedMessage:
    """A message whose content is gone."""

    room: str
    seq: int
    what: str
    """As in the log of changes: `deleted` by somebody, or `erased` with its author, of whom nothing is told either."""


@dataclass(frozen=True)
class ErasedUser:
    """A user of whom nothing is to be left that is older than `at_ms`: they may have come back since."""

    user: str
    at_ms: int


Entry = ErasedMessage | ErasedUser


def note(files: Files, entry: Entry, at_ms: int) -> None:
    """Adds an entry; twice is once. One PutObject."""
    files.put(f"{folder_of_day(at_ms)}{_name(entry)}", b"", "text/plain")


def folder_of_day(at_ms: int) -> str:
    """Where the entries of a moment's day (UTC) are; later days sort behind it."""
    return f"{LEDGER}{datetime.fromtimestamp(at_ms / 1_000, UTC).date().isoformat()}/"


def read(key: str) -> Entry | None:
    """The entry of an object's key; None for an object that is none."""
    name = key.removeprefix(LEDGER).partition("/")[2]
    if message := _MESSAGE.fullmatch(name):
        return ErasedMessage(message[1], int(message[2]), message[3])
    if user := _USER.fullmatch(name):
        return ErasedUser(base64.urlsafe_b64decode(user[1]).decode(), int(user[2]))
    return None


def _name(entry: Entry) -> str:
    if isinstance(entry, ErasedUser):
        return f"users/{base64.urlsafe_b64encode(entry.user.encode()).decode()}.{entry.at_ms}"
    return f"messages/{entry.room}/{entry.seq:015d}.{entry.what}"
