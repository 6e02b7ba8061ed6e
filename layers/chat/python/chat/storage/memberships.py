"""Who may speak and read where, remembered for a few seconds so that a busy sender costs no read per message."""

from __future__ import annotations

from collections import OrderedDict

from chat.ports import Clock
from chat.storage.rooms import RoomDirectory

REMEMBERED_MS = 5_000
"""How long somebody who left a room can still be taken for a member by a function instance that saw them last."""

CAPACITY = 10_000
"""Memberships remembered by one function instance; the longest unused goes first."""


class Memberships:
    """A bounded memory of memberships in front of the directory. Only a yes is remembered: a newcomer never waits."""

    def __init__(self, rooms: RoomDirectory, clock: Clock) -> None:
        self._rooms = rooms
        self._clock = clock
        self._seen: OrderedDict[tuple[str, str], int] = OrderedDict()

    def includes(self, room: str, user: str) -> bool:
        """Whether the user is in the room, at most `REMEMBERED_MS` late. No call when remembered, else a read."""
        key = (room, user)
        now_ms = self._clock.now_ms()
        if self._seen.get(key, 0) > now_ms:
            self._seen.move_to_end(key)
            return True
        self._seen.pop(key, None)
        if not self._rooms.is_member(room, user):
            return False
        self._seen[key] = now_ms + REMEMBERED_MS
        if len(self._seen) > CAPACITY:
            self._seen.popitem(last=False)
        return True

    def forget(self, room: str, user: str) -> None:
        """Asks again next time: the membership has just changed here."""
        self._seen.pop((room, user), None)
