"""What a restore leaves away: messages and users that were erased since the backup, by the stage's ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from chat import erasures, events, tombstones
from chat.aws.dynamodb import from_attributes, to_attributes
from chat.days import DAY_MS
from chat.erasures import ErasedMessage
from chat.ports import Key
from chat.storage.memberships import BANNED
from chat.storage.messages import DELETED
from operations import rows
from operations.backups.places import Place
from operations.rows import Attributes

EARLIER_MS = DAY_MS
"""How long before the backup the ledger is read from: clocks differ, and deletions are noted after the fact."""

UNDER_WAY_MS = 900_000
"""An erasure that began so shortly before the backup may not have been done with. Later there may be a new life."""


@dataclass(frozen=True)
class Ledger:
    """Entries by what they are of. `users`, with when they were erased, are erased again by the stage's own job."""

    messages: dict[tuple[str, int], str] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    back_again: dict[str, int] = field(default_factory=dict)
    """Users who came back after their erasure and have a new life in the tables: nothing of the old one joins it."""

    @classmethod
    def read(cls, bucket: Place, since_ms: int, now_ms: int) -> Ledger:
        """What was erased since. A listing for each day."""
        ledger = cls()
        for entry in _entries(bucket, since_ms - EARLIER_MS, now_ms):
            if isinstance(entry, ErasedMessage):
                ledger.messages[entry.room, entry.seq] = entry.what
            elif entry.at_ms >= since_ms - UNDER_WAY_MS:
                ledger.users[entry.user] = max(entry.at_ms, ledger.users.get(entry.user, 0))
        return ledger

    def set_apart(self, back_again: set[str]) -> None:
        """These users are not erased again."""
        self.back_again.update({user: self.users.pop(user) for user in back_again})

    def left_of(self, row: Attributes, now_ms: int) -> Attributes | None:
        """The row as it has to stand; None for one that may not come back."""
        key = rows.key_of(row)
        if rows.beside(key) in self.messages or self._of_an_old_life(key, row) or self._remembers_erased(key, row):
            return None
        if (numbered := rows.message(key)) is not None:
            return self._message(row, self._fate(numbered, row), now_ms)
        if (room := rows.previewed_room(key)) is not None:
            return self._preview(row, self.messages.get((room, int(row["seq"]["N"]))))
        return row

    def takes(self, row: Attributes) -> bool:
        """Whether it goes when its user is erased again, which is under way while rows are compared: messages stay."""
        key = rows.key_of(row)
        if rows.message(key) is not None:
            return False
        of = {rows.owner(key), row.get("user", {}).get("S")}
        of |= {found[1] for found in (rows.member(key), rows.reader(key)) if found}
        return not of.isdisjoint(self.users)

    def _fate(self, numbered: tuple[str, int], row: Attributes) -> str | None:
        user = row.get("user", {}).get("S")
        erased_at_ms = self.users.get(user, self.back_again.get(user, -1))
        return "erased" if int(row["sent_at_ms"]["N"]) <= erased_at_ms else self.messages.get(numbered)

    def _message(self, row: Attributes, what: str | None, now_ms: int) -> Attributes:
        if what is None or row["kind"].get("S") == DELETED:
            return row
        return to_attributes(tombstones.standing_in(from_attributes(row), erased=what == "erased", now_ms=now_ms))

    def _preview(self, row: Attributes, what: str | None) -> Attributes:
        if what is None:
            return row
        author = {"author": {"S": ""}} if what == "erased" else {}
        return {**row, "text": {"S": events.DELETED_PREVIEW}, **author}

    def _remembers_erased(self, key: Key, row: Attributes) -> bool:
        """Whether it is the memory of a command that made a message which was erased with its author."""
        if not key[0].startswith(rows.COMMANDS):
            return False
        named = (row.get("room", {}).get("S"), int(row.get("seq", {}).get("N", 0)))
        return self.messages.get(named) == "erased"

    def _of_an_old_life(self, key: Key, row: Attributes) -> bool:
        if not self.back_again:
            return False
        if (membership := rows.member(key)) is not None:
            return membership[1] in self.back_again and row["role"].get("S") != BANNED
        if (cursor := rows.reader(key)) is not None:
            return cursor[1] in self.back_again
        return rows.owner(key) in self.back_again


def _entries(bucket: Place, from_ms: int, to_ms: int) -> Iterator[erasures.Entry]:
    first, last = from_ms // DAY_MS, to_ms // DAY_MS
    for day in range(first, last + 1):
        for name in bucket.names(erasures.folder_of_day(day * DAY_MS)):
            if entry := erasures.read(name):
                yield entry
