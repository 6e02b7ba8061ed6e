"""What operators did: records that are added, and never changed or removed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from chat.ports import Absent, Put, Table
from chat.storage import keys


@dataclass(frozen=True)
class Deed:
    """One thing that an operator asked for: who, what, about what, and why in their own words."""

    id: str
    operator: str
    what: str
    about: str
    why: str
    at_ms: int


class AuditTrail:
    """All deeds in one table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, deed: Deed) -> None:
        """Stores the deed. One write unit."""
        day = datetime.fromtimestamp(deed.at_ms / 1_000, UTC).date().isoformat()
        pk, sk = keys.audit(day, deed.at_ms, deed.id)
        self._table.transact([Put({"pk": pk, "sk": sk, **asdict(deed)}, Absent())], token=deed.id[:36])
