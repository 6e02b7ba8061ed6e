"""What proves to one Region that another one has acknowledged a message: an HMAC over all that was stored of it.

The key is a row of the table of messages, copied to every Region long before one is lost. Whoever can read it there can
read and write the messages themselves.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

import msgspec

from chat.ports import Ids, Table
from chat.storage import keys
from chat.storage.secret_rows import read_or_make

DIGEST_BYTES = 18
"""144 bits of SHA-256, 24 characters."""


@dataclass(frozen=True)
class Acknowledged:
    """A message as its sender knows it: what they said, under which command, and what was answered."""

    user: str
    command_id: str
    room: str
    text: str
    reply_to: int | None
    seq: int
    sent_at_ms: int


class Vouchers:
    """Of all the stage's messages. A function instance reads the key once."""

    def __init__(self, table: Table, ids: Ids) -> None:
        self._table = table
        self._ids = ids
        self._key: bytes | None = None

    def voucher(self, message: Acknowledged) -> str:
        """What proves that it was. A read unit in the life of a function instance. Raises `UnavailableError`."""
        if self._key is None:
            self._key = read_or_make(self._table, keys.VOUCHER_KEY, self._ids)
        digest = hmac.digest(self._key, msgspec.json.encode(message), hashlib.sha256)
        return base64.urlsafe_b64encode(digest[:DIGEST_BYTES]).decode()

    def proves(self, voucher: str, message: Acknowledged) -> bool:
        """Whether it was given for just this."""
        return hmac.compare_digest(self.voucher(message).encode(), voucher.encode())
