"""What each user has left in rooms, so that it can be handed to them or erased without searching every room.

Rows point at things and hold nothing of them. They are written where the thing is (reports, bans) or by whoever hears
of it a little later (messages, changes), in a partition a user: some 100 bytes each, 10,000 in one page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from chat.ports import Put, Query, Table
from chat.storage import keys
from chat.storage.paging import every_page

Kind = Literal["ban", "change", "message", "report"]
"""`number` is a message's, with a change its rev, with a ban 0."""

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Trace:
    """One thing that a user has left in a room."""

    kind: Kind
    room: str
    number: int


@dataclass(frozen=True)
class TracePage:
    """Traces by kind, room and number; `after` is where to go on, None at the end."""

    traces: list[Trace]
    after: str | None


class Traces:
    """The traces of all users in one table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def note(self, user: str, trace: Trace) -> None:
        """Remembers a trace; twice is once. One write unit."""
        self._table.put(noted(user, trace).item)

    def page(self, user: str, after: str | None, limit: int) -> TracePage:
        """Up to `limit` traces behind `after`. A consistent read, a unit for 40 of them."""
        pk = keys.traces(user)
        start = (pk, after) if after is not None else None
        (found,) = self._table.query(Query(pk, limit=limit, start=start, consistent=True))
        traces = [Trace(item["kind"], item["room"], int(item["number"])) for item in found.items]
        return TracePage(traces, str(found.end[1]) if found.end else None)

    def count(self, user: str) -> int:
        """How many there are. A read unit for 40 of them."""
        return sum(len(page.items) for page in every_page(self._table, Query(keys.traces(user))))

    def forget(self, user: str, traces: Iterable[Trace]) -> None:
        """Removes traces; removing none is not an error. A write unit each."""
        self._table.delete_many([keys.trace(user, trace.kind, trace.room, trace.number) for trace in traces])


def noted(user: str, trace: Trace) -> Put:
    """The row of a trace, as a write that can stand in a transaction with what it points at."""
    pk, sk = keys.trace(user, trace.kind, trace.room, trace.number)
    return Put({"pk": pk, "sk": sk, "kind": trace.kind, "room": trace.room, "number": trace.number})
