"""The exports of one table that belong together: the newest full one of a folder, and what was changed since it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chat.ports import Key
from operations import rows
from operations.backups.manifest import Export, find_exports
from operations.backups.places import Place
from operations.errors import UsageError
from operations.rows import Attributes

FULL = "FULL_EXPORT"


@dataclass(frozen=True)
class Chain:
    """Exports from the newest to the full one that they go back to."""

    exports: list[Export]
    share: tuple[int, int] = (1, 1)
    """Which part of the full export's files, of how many: parts may be restored at the same time."""

    @classmethod
    def find(cls, place: Place, table: str, share: tuple[int, int] = (1, 1)) -> Chain:
        """Raises `UsageError` where the folder has no finished full export of the table."""
        exports: list[Export] = []
        for export in find_exports(place, table):
            exports.append(export)
            if export.summary.export_type == FULL:
                return cls(exports, share)
        raise UsageError(f"There is no finished full export of {table} in {place}: `make export` makes one.")

    @property
    def taken_at_ms(self) -> int:
        """Of the newest."""
        return self.exports[0].summary.taken_at_ms

    @property
    def begun_at_ms(self) -> int:
        """Of the full one: what was erased since may be in it."""
        return self.exports[-1].summary.taken_at_ms

    @property
    def size(self) -> int:
        """Rows in all files, those that were replaced or deleted since included."""
        return sum(export.summary.item_count for export in self.exports)

    def whole(self) -> Chain:
        """All of it."""
        return Chain(self.exports)

    def rows(self) -> Iterator[Attributes]:
        """Each row once, as it stood last. What incremental exports tell is held in memory by key."""
        newer: set[Key] = set()
        part, parts = self.share
        for at, export in enumerate(self.exports, start=1):
            last = at == len(self.exports)
            files = export.files()
            for file in files[part - 1 :: parts] if last else files:
                for row in export.rows(file):
                    key = rows.key_of(row.key)
                    if key in newer:
                        continue
                    if not last:
                        newer.add(key)
                    if row.attributes is not None:
                        yield row.attributes
