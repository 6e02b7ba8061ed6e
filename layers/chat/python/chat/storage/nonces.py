"""Single-use nonces of wallet sign-in, kept like tickets: by their hash, beside the connections."""

from __future__ import annotations

import hashlib

from chat.ports import Absent, ConditionError, Present, Table
from chat.storage import keys

LIFETIME_MS = 5 * 60_000
"""How long a nonce can be used: time to read what the wallet shows, and to press a button."""


def make_nonce(unguessable: str) -> str:
    """A nonce as EIP-4361 takes it, letters and digits, from a name that nobody can guess."""
    return hashlib.sha256(unguessable.encode()).hexdigest()[:32]


class NonceOffice:
    """All nonces that were given out and not used yet."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def issue(self, nonce: str, now_ms: int) -> int:
        """Remembers a new nonce; until when it can be used, in ms since 1970."""
        pk, sk = keys.nonce(nonce)
        expires_at_ms = now_ms + LIFETIME_MS
        row = {"pk": pk, "sk": sk, "expires_at_ms": expires_at_ms, "expires_at_s": expires_at_ms // 1000 + 60}
        self._table.put(row, Absent())
        return expires_at_ms

    def redeem(self, nonce: str, now_ms: int) -> bool:
        """Whether the nonce was given out and is used now for the first time. One write unit."""
        try:
            row = self._table.delete(keys.nonce(nonce), Present())
        except ConditionError:
            return False
        return row is not None and row["expires_at_ms"] >= now_ms
