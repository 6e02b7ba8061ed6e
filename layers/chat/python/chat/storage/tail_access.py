"""Who may read the tails of rooms: capabilities that are given to readers, checked by who serves tails without a read.

A capability is an HMAC over a room and an epoch of `EPOCH_MS`. It is good in its epoch and in the next: so whoever is
put out of a room reads its tail for `LIFE_MS` at most, and nobody who has it learns of another room's. All readers of a
room have the same one at the same time, because it stands in the address that CloudFront caches under.

The key is a row of the table of messages. Whoever can read it there can read the messages themselves, and functions in
the cache's network reach that table, where Secrets Manager would take an endpoint of its own (decision 0016). Removing
the row ends all capabilities within `KEY_REMEMBERED_MS`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

from chat.ports import Clock, Ids, Table
from chat.storage import keys
from chat.storage.secret_rows import read_or_make

EPOCH_MS = 300_000
"""How long one capability is given out: longer than a heartbeat (240 s), which brings the next one."""

KEY_REMEMBERED_MS = 60_000
"""How long a function instance goes by the key that it read."""

DIGEST_BYTES = 18
"""144 bits of SHA-256, 24 characters."""

LIFE_MS = 2 * EPOCH_MS
"""The longest that a capability is good, and so the longest that anybody asks for what stands under its address."""


@dataclass(frozen=True)
class Grant:
    """Where a room's tail is to be read, without a slash at the end, and for how many milliseconds from now."""

    path: str
    valid_ms: int


class TailAccess:
    """The capabilities of all rooms, made with one key."""

    def __init__(self, table: Table, clock: Clock, ids: Ids) -> None:
        self._table = table
        self._clock = clock
        self._ids = ids
        self._key = b""
        self._until_ms = 0

    def grant(self, room: str) -> Grant:
        """For who is known to be allowed to read the room. A read unit a minute, at most. Raises `UnavailableError`."""
        now_ms = self._clock.now_ms()
        epoch = now_ms // EPOCH_MS
        capability = self._capability(room, epoch)
        return Grant(f"/api/tail/{room}/{capability}", epoch * EPOCH_MS + LIFE_MS - now_ms)

    def accepts(self, room: str, capability: str) -> bool:
        """Whether it is this room's, of this epoch or the one before. Takes the same time for each wrong one."""
        epoch = self._clock.now_ms() // EPOCH_MS
        given = capability.encode()
        good = [hmac.compare_digest(self._capability(room, each).encode(), given) for each in (epoch, epoch - 1)]
        return any(good)

    def _capability(self, room: str, epoch: int) -> str:
        digest = hmac.digest(self._known_key(), f"{room}/{epoch}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest[:DIGEST_BYTES]).decode()

    def _known_key(self) -> bytes:
        now_ms = self._clock.now_ms()
        if self._until_ms <= now_ms:
            self._key = read_or_make(self._table, keys.TAIL_KEY, self._ids)
            self._until_ms = now_ms + KEY_REMEMBERED_MS
        return self._key
