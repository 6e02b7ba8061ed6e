"""Messages that members have reported to the moderators of their room: once a member and message, for 180 days."""

from __future__ import annotations

from dataclasses import dataclass

from chat.ports import Absent, Item, Put, Query, Table, TransactionError
from chat.storage import keys
from chat.storage.paging import every_page
from chat.storage.traces import Trace, noted

KEPT_S = 180 * 24 * 3600


@dataclass(frozen=True)
class ReportRecord:
    """Who reported which message, and why. The message's text is not kept here: what is erased there is gone."""

    room: str
    seq: int
    user: str
    name: str
    reason: str
    reported_at_ms: int


class ReportBook:
    """The reports of all rooms in one table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def file(self, record: ReportRecord) -> bool:
        """Stores a report; False where its user has reported this message before, whose words then stay."""
        pk, sk = keys.report(record.room, record.seq, record.user)
        item = {**vars(record), "pk": pk, "sk": sk, "expires_at_s": record.reported_at_ms // 1000 + KEPT_S}
        trace = noted(record.user, Trace("report", record.room, record.seq))
        try:
            self._table.transact([Put(item, Absent()), trace])
        except TransactionError:
            return False
        return True

    def find(self, room: str, seq: int, user: str) -> ReportRecord | None:
        """The user's report of a message, None where there is none any more."""
        item = self._table.get(keys.report(room, seq, user))
        return _record(item) if item else None

    def withdraw(self, room: str, seq: int, user: str) -> None:
        """Removes the user's report of a message; removing none is not an error."""
        self._table.delete(keys.report(room, seq, user))

    def settle(self, room: str, seq: int) -> int:
        """Removes all reports of a message and says how many; one that is filed at the same moment may stay."""
        pk, first, last = keys.reports_of(room, seq)
        settled = 0
        for page in every_page(self._table, Query(pk, first=first, last=last)):
            self._table.delete_many([(item["pk"], item["sk"]) for item in page.items])
            settled += len(page.items)
        return settled

    def page(self, room: str, after: str | None, limit: int) -> tuple[list[ReportRecord], str | None]:
        """Reports by number and reporter behind `after`, and where to go on; None at the end."""
        pk = keys.reports(room)
        (found,) = self._table.query(Query(pk, limit=limit, start=(pk, after) if after is not None else None))
        return [_record(item) for item in found.items], str(found.end[1]) if found.end else None


def _record(item: Item) -> ReportRecord:
    return ReportRecord(**{name: item[name] for name in ReportRecord.__dataclass_fields__})
