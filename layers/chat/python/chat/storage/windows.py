"""Windows of hot rooms: who ends one, and up to where the log has been posted.

A window is claimed by a row that its tick removes before it reads the log. So whoever finds it claimed has stored their
message before the tick reads, whatever the clocks say; and relies on it only once it is marked as enqueued.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from chat.ports import Absent, Below, ConditionError, Equal, Item, Table
from chat.storage import keys

LOST_MS = 5_000
"""A window that nobody has ended so long after it should have been is free again: its tick is a dead letter."""

KEPT_S = 3_600


@dataclass(frozen=True)
class Window:
    """A claimed window. Times are ms since 1970. `enqueued`: its tick is on its way."""

    claimed_at_ms: int
    until_ms: int
    enqueued: bool = False


@dataclass(frozen=True)
class Cursor:
    """Up to where a room's log was posted, at `at_ms`, and up to which `rev` its changes were.

    `rev` is None where that is not known. `passed_over`: numbers below `seq` that were not there yet, and since when
    they have been waited for; `revs_passed_over` as well. `again_at_ms`: when the tick comes that looks for them.
    `window_ms` names the last window that moved it, by its `until_ms`.
    """

    seq: int = 0
    at_ms: int = 0
    passed_over: tuple[tuple[int, int], ...] = ()
    again_at_ms: int = 0
    version: int = 0
    rev: int | None = None
    revs_passed_over: tuple[tuple[int, int], ...] = ()
    window_ms: int = 0


class Windows:
    """The windows and cursors of all rooms, in the table of their subscriptions."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(self, room: str, now_ms: int, length_ms: int) -> Window:
        """The room's window: a new one, or the one that is claimed already. One write unit."""
        window = Window(now_ms, now_ms + length_ms)
        row: Item = {"claimed_at_ms": now_ms, "until_ms": window.until_ms, "expires_at_s": now_ms // 1000 + KEPT_S}
        try:
            self._table.put(_row(keys.window(room), row), Below("until_ms", now_ms - LOST_MS))
        except ConditionError as claimed:
            item: Item = claimed.item or row
            return Window(item["claimed_at_ms"], item["until_ms"], item.get("enqueued", False))
        return window

    def mark_enqueued(self, room: str, window: Window) -> None:
        """The window's tick is on its way: others may rely on it. One write unit."""
        with suppress(ConditionError):  # it has been, and the window is over
            self._table.update(
                keys.window(room), assign={"enqueued": True}, condition=Equal("until_ms", window.until_ms)
            )

    def release(self, room: str, until_ms: int) -> bool:
        """Ends the window: whoever stores a message from now on claims another. One write unit.

        False where it was over: another tick has ended it, or an earlier run of this one, or it was taken for lost.
        """
        try:
            self._table.delete(keys.window(room), Equal("until_ms", until_ms))
        except ConditionError:
            return False
        return True

    def cursor(self, room: str) -> Cursor:
        """Up to where the log was posted. A read unit."""
        item = self._table.get(keys.posted(room), consistent=True)
        return _cursor(item) if item else Cursor()

    def advance(self, room: str, before: Cursor, after: Cursor) -> bool:
        """Moves the cursor; False where another tick has moved it meanwhile. One write unit."""
        row: dict[str, Any] = {
            "seq": after.seq,
            "at_ms": after.at_ms,
            "passed_over": [list(each) for each in after.passed_over],
            "rev": after.rev,
            "revs_passed_over": [list(each) for each in after.revs_passed_over],
            "again_at_ms": after.again_at_ms,
            "window_ms": after.window_ms,
            "version": before.version + 1,
            "expires_at_s": after.at_ms // 1000 + KEPT_S,
        }
        condition = Equal("version", before.version) if before.version else Absent()
        try:
            self._table.put(_row(keys.posted(room), row), condition)
        except ConditionError:
            return False
        return True


def _row(key: tuple[str, str | int], values: dict[str, Any]) -> Item:
    return {"pk": key[0], "sk": key[1], **values}


def _cursor(item: Item) -> Cursor:
    return Cursor(
        item["seq"],
        item["at_ms"],
        _waited_for(item["passed_over"]),
        item["again_at_ms"],
        item["version"],
        item.get("rev"),  # cursors of an earlier release know nothing of changes
        _waited_for(item.get("revs_passed_over", [])),
        item.get("window_ms", 0),
    )


def _waited_for(pairs: list[list[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((number, since_ms) for number, since_ms in pairs)
