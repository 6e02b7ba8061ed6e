"""The first tier: what one function instance remembers. Bounded by number and by time; what is longest unused goes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

from chat.caching.kinds import Kind, Name


@dataclass(frozen=True)
class Entry:
    """A value as it was read from the table at `read_at_ms`, not to be believed from `until_ms` on.

    `version` is what its reader compares; empty where there is nothing to compare.
    """

    value: Any
    read_at_ms: int
    until_ms: int
    version: str = ""


class Memory:
    """Entries by name, each kind bounded on its own, so that none takes another's place."""

    def __init__(self) -> None:
        self._held: dict[Kind, OrderedDict[Name, Entry]] = {}

    def get(self, name: Name, now_ms: int) -> Entry | None:
        """The entry, unless its time is over."""
        held = self._held.get(name.kind)
        entry = held.get(name) if held else None
        if held is None or entry is None:
            return None
        if entry.until_ms <= now_ms:
            del held[name]
            return None
        held.move_to_end(name)
        return entry

    def put(self, name: Name, entry: Entry, now_ms: int) -> None:
        """Holds the entry in the place of any before it, for as long as its kind is remembered at most."""
        held = self._held.setdefault(name.kind, OrderedDict())
        if name.kind.memory_ms is not None:
            entry = replace(entry, until_ms=min(entry.until_ms, now_ms + name.kind.memory_ms))
        held[name] = entry
        held.move_to_end(name)
        if len(held) > name.kind.capacity:
            held.popitem(last=False)

    def drop(self, name: Name) -> None:
        """Forgets the entry; forgetting none is not an error."""
        if held := self._held.get(name.kind):
            held.pop(name, None)
