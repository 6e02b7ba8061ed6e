"""Messages on their way out: one order per room, each under one command id for ever, until the server has spoken.

Pure: knows no sockets and no clock; `now_ms` is any clock that never goes back. Of each room one message is under way
at a time. The server may carry out the frames of a connection at the same time and out of order, and a refusal for a
while (`slow_down`, `unavailable`) of one message of a batch would let the next one pass it: only an answer makes it
safe to send the next.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from agent_chat.backoff import full_jitter_ms
from agent_chat.errors import ChatError, ConnectionLostError, OutboxFullError, OutcomeUnknownError

REMEMBERED_MS = 24 * 3600 * 1000
"""The server knows a command id again for at least this long; repeating one later could store a message twice."""

LIMIT = 1_000
"""Messages waiting, over all rooms."""

PATIENCE_MS = 60_000
"""Whoever is told to come back later than this (`muted`) is to decide that for themselves."""

FIRST_RETRY_MS = 200
MOST_RETRY_MS = 10_000


@dataclass
class Entry:
    """One message to be sent. `attempts` counts those that ended without the server's last word."""

    id: str
    room: str
    text: str
    reply_to: int | None = None
    attempts: int = 0
    under_way: bool = False
    due_ms: float = 0
    first_sent_ms: float | None = field(default=None, compare=False)


class Outbox:
    """What is still to be sent, and what of it may be sent now."""

    def __init__(self, *, limit: int = LIMIT, uniform: Callable[[], float] = random.random) -> None:
        self._limit = limit
        self._uniform = uniform
        self._rooms: dict[str, deque[Entry]] = {}
        self._entries: dict[str, Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, command_id: str) -> bool:
        return command_id in self._entries

    def add(self, command_id: str, room: str, text: str, reply_to: int | None = None) -> Entry:
        """Puts a message behind the room's others. Raises `OutboxFullError`, ValueError for an id that waits."""
        if command_id in self._entries:
            raise ValueError(f"A message with the id {command_id} is on its way already.")
        if len(self._entries) >= self._limit:
            raise OutboxFullError(f"{self._limit} messages wait to be sent.")
        entry = Entry(command_id, room, text, reply_to)
        self._entries[command_id] = entry
        self._rooms.setdefault(room, deque()).append(entry)
        return entry

    def take_due(self, now_ms: float) -> list[Entry]:
        """The messages to put on the wire now: of each room its first, unless that is under way or has to wait."""
        due = [queue[0] for queue in self._rooms.values() if not queue[0].under_way and queue[0].due_ms <= now_ms]
        for entry in due:
            entry.under_way = True
            entry.first_sent_ms = now_ms if entry.first_sent_ms is None else entry.first_sent_ms
        return due

    def next_due_ms(self) -> float | None:
        """When `take_due` is worth asking again without anything else happening; None for never."""
        heads = [queue[0].due_ms for queue in self._rooms.values() if not queue[0].under_way]
        return min(heads, default=None)

    def settle(self, command_id: str) -> None:
        """The message was acknowledged, or refused for good: the next of its room may go."""
        self._remove(self._entries[command_id])

    def fail(self, command_id: str, error: ChatError, now_ms: float) -> ChatError | None:
        """An attempt came to nothing. None when the message will be tried again, else the error to report for it."""
        entry = self._entries[command_id]
        if not error.temporary or (error.retry_after_ms or 0) > PATIENCE_MS:
            self._remove(entry)
            return error
        if entry.first_sent_ms is not None and now_ms - entry.first_sent_ms > REMEMBERED_MS:
            self._remove(entry)
            return OutcomeUnknownError(f"After 24 h nobody knows whether this was stored: {error.message}")
        entry.under_way = False
        entry.due_ms = now_ms + self._wait_ms(entry, error)
        entry.attempts += 1
        return None

    def withdraw(self, command_id: str) -> bool:
        """Takes back a message that never was on the wire; False where the server may have it already."""
        entry = self._entries.get(command_id)
        if entry is None or entry.first_sent_ms is not None:
            return False
        self._remove(entry)
        return True

    def clear(self) -> list[str]:
        """Forgets everything; the ids of what was forgotten."""
        ids = list(self._entries)
        self._entries.clear()
        self._rooms.clear()
        return ids

    def _wait_ms(self, entry: Entry, error: ChatError) -> float:
        if isinstance(error, ConnectionLostError):
            return 0  # the connection that it waits for is opened with jitter
        wait_ms = full_jitter_ms(entry.attempts, FIRST_RETRY_MS, MOST_RETRY_MS, self._uniform)
        return wait_ms + (error.retry_after_ms or 0)

    def _remove(self, entry: Entry) -> None:
        del self._entries[entry.id]
        queue = self._rooms[entry.room]
        queue.remove(entry)
        if not queue:
            del self._rooms[entry.room]
