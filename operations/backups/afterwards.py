"""What a restore does by the domain's own means, once the rows are there: deletions are numbered, users erased again.

These go through the same code as the stage's functions, with an operator's credentials.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chat.accounts import jobs
from chat.errors import MessageNotFoundError
from chat.events import RESTORED
from chat.ports import Clock, Item, Principal, Query, Table
from chat.services import JobOffice
from chat.storage import keys
from chat.storage.changes import Alteration, ChangeLog
from chat.storage.messages import DELETED
from operations.backups.erased import Ledger


@dataclass(frozen=True)
class Deletions:
    """Messages that came back as tombstones: whoever asks what was changed since shall hear of it."""

    changes: ChangeLog
    clock: Clock

    def number(self, ledger: Ledger, revs: Mapping[str, int]) -> int:
        """Gives each a change of its own, once; how many got one. `revs`: the newest of each room in the backup."""
        due = ((room, seq, what) for (room, seq), what in ledger.messages.items() if room in revs)
        return sum(self._number(room, seq, what, revs[room]) for room, seq, what in due)

    def _number(self, room: str, seq: int, what: str, known_rev: int) -> bool:
        def plan(entry: Item) -> Alteration | None:
            if entry["kind"] != DELETED or RESTORED not in entry or entry.get("rev", 0) > known_rev:
                return None  # its deletion was in the backup, or was not lost, or has its number by now
            return Alteration(what, None, None, {}, detail={RESTORED: entry[RESTORED]})

        try:
            return self.changes.alter(room, seq, plan, self.clock.now_ms()).done
        except MessageNotFoundError:
            return False  # later than the backup


def lives(rooms: Table, users: Iterable[str]) -> set[str]:
    """Those of the users who have anything in the table: a room, or something that they left in one. Two reads each."""
    found = set()
    for user in users:
        pages = rooms.query(
            Query(keys.user_rooms(user), limit=1, consistent=True), Query(keys.traces(user), limit=1, consistent=True)
        )
        if any(page.items for page in pages):
            found.add(user)
    return found


def erase_again(office: JobOffice, ledger: Ledger) -> None:
    """Has the stage erase the users once more, of whom everything that is there now came from the backup."""
    for user in sorted(ledger.users):
        jobs.ask(office, Principal(user, ""), "erasure")
