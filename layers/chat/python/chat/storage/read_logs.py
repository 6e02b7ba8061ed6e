"""Which of CloudFront's log files were read: a row a file, under the day that it is of, gone after `KEPT_S`."""

from __future__ import annotations

from chat.ports import Absent, ConditionError, Query, Table
from chat.storage import keys
from chat.storage.paging import every_page

KEPT_S = 4 * 86_400
"""Files of yesterday are looked for, too, so a row has to outlive two days."""


class ReadLogs:
    """All of them, in the table of rooms."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def of(self, day: str) -> set[str]:
        """The files of a day (`2026-11-26`) that were read. A Query a megabyte: some 6,000 files."""
        found = every_page(self._table, Query(keys.edge_logs(day)))
        return {str(item["sk"]) for page in found for item in page.items}

    def claim(self, day: str, name: str, now_ms: int) -> bool:
        """Whether the file is this caller's to count: of several, one is told so. One write unit."""
        row = {"pk": keys.edge_logs(day), "sk": name, "expires_at_s": now_ms // 1000 + KEPT_S}
        try:
            self._table.put(row, Absent())
        except ConditionError:
            return False
        return True
