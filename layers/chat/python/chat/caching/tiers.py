"""Both tiers as storage uses them: memory first, then one round trip to what all function instances share.

Nothing here raises, and nothing waits for a tier that is out of reach: then there is memory alone, and the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chat.caching import invalidations, shared
from chat.caching.counts import HIT, MEMORY, MISS, SHARED, STALE, WAITED, Counts
from chat.caching.invalidations import LASTS_MS, MOST, Invalidation, Invalidations, Scope
from chat.caching.kinds import Name
from chat.caching.memory import Entry, Memory
from chat.caching.shared import Shared, Value, key_of
from chat.ports import Clock

CROWD, CROWD_MS = 20, 10_000
"""So many reads of members of one room in so short a time, by all instances, are a crowd that comes to it."""

CLAIM_MS = 1_000
"""How long others wait for whoever reads something from the table for all, if it comes to nothing."""

WAIT_MS = 10
"""What they wait, once: a read of the table takes about 4 ms, and 12 ms at the 99th percentile."""

REACHED = "reached"
"""A key that nothing is ever kept under: asked for to see whether there is an answer."""

Accepts = Callable[[Entry, Sequence[Entry | None]], bool]
"""Whether an entry is true, given what was found of the names before it in the same call."""


def anything(_entry: Entry, _earlier: Sequence[Entry | None]) -> bool:
    """For what is true until its time is over."""
    return True


@dataclass(frozen=True)
class Wanted:
    """A name that is looked for, and what is taken for true under it."""

    name: Name
    accepts: Accepts = anything


@dataclass(frozen=True)
class Kept:
    """A value to keep, read from the table at `at_ms`, or later; `life_ms` None: as long as its kind lives."""

    name: Name
    value: Any
    at_ms: int
    version: str = ""
    life_ms: int | None = None

    @property
    def entry(self) -> Entry:
        """As tiers hold it."""
        life_ms = self.name.kind.life_ms if self.life_ms is None else self.life_ms
        return Entry(self.value, self.at_ms, self.at_ms + life_ms, self.version)


@dataclass
class Tiers:
    """What one function instance may go by. `shared` None: it has its own memory only."""

    clock: Clock
    shared: Shared | None = None
    counts: Counts = field(default_factory=Counts)
    pause: Callable[[int], None] = lambda _duration_ms: None
    """Waits as many milliseconds: real time, or a simulation's."""
    crowded: Callable[[str], None] = lambda _room: None
    """Told once of each crowd, with the room that it comes to."""
    memory: Memory = field(default_factory=Memory)
    declared: Invalidations = field(default_factory=Invalidations)

    @property
    def shares(self) -> bool:
        """Whether there is a second tier, in reach or not."""
        return self.shared is not None

    def find(self, *wanted: Wanted) -> list[Entry | None]:
        """What is known under each name, None for nothing that is true. One round trip at most."""
        now_ms = self.clock.now_ms()
        found: list[Entry | None] = []
        for each in wanted:
            entry = self.memory.get(each.name, now_ms)
            found.append(self._judged(each, entry, found, MEMORY))
        if self.shared is not None and (None in found or self.declared.due(now_ms)):
            return self._ask(self.shared, wanted, found, now_ms)
        return found

    def find_one(self, name: Name, accepts: Accepts = anything) -> Entry | None:
        """As `find`, of one name."""
        return self.find(Wanted(name, accepts))[0]

    def claim(self, name: Name, version: str) -> bool:
        """Whether the caller is to read this version from the table for all, as nobody else is doing at this moment."""
        return self.shared is None or self.shared.claim(f"{key_of(name)}:claim:{version}", CLAIM_MS)

    def await_other(self, wanted: Wanted) -> Entry | None:
        """What whoever has the claim has left for all after a short wait; None where that is nothing yet."""
        self.pause(WAIT_MS)
        answer = self.shared.read([key_of(wanted.name)]) if self.shared is not None else None
        now_ms = self.clock.now_ms()
        entry = self._decoded(wanted.name, answer.bodies[0], now_ms) if answer else None
        if entry is None or not self._true(wanted, entry, []):
            return None
        self.counts.add(wanted.name.kind.name, SHARED, WAITED)
        self.memory.put(wanted.name, entry, now_ms)
        return entry

    def keep(self, *kept: Kept) -> None:
        """Keeps values in both tiers. One round trip."""
        now_ms = self.clock.now_ms()
        for each in kept:
            self.memory.put(each.name, each.entry, now_ms)
        if self.shared is not None:
            lasting = [(each.name, each.entry) for each in kept if each.entry.until_ms > now_ms]
            self.shared.write([Value(key_of(name), shared.encode(e), e.until_ms - now_ms) for name, e in lasting])

    def drop(self, *names: Name) -> None:
        """Forgets values in this instance and for all. Other instances' memories end by themselves."""
        for name in names:
            self.memory.drop(name)
        if self.shared is not None and names:
            self.shared.drop([key_of(name) for name in names])

    def declare(self, scope: Scope) -> bool:
        """Makes stale for all, within `LOOK_MS`, what was read before now; whether that came to pass.

        True, too, without a shared tier: memory alone holds nothing for longer, but for what its reader checks.
        """
        now_ms = self.clock.now_ms()
        line, over = (invalidations.encode(Invalidation(each, now_ms)) for each in (scope, Scope("all")))
        if self.shared is None:
            return True
        return self.shared.append(line, life_ms=LASTS_MS, most=MOST, over=over)

    def reach(self) -> bool:
        """Whether the shared tier answers; true where there is none."""
        return self.shared is None or self.shared.read([REACHED]) is not None

    def read_a_member(self, room: str) -> None:
        """A member of the room was not known and had to be read."""
        if self.shared is not None and self.shared.count(f"crowd#{room}", CROWD_MS) == CROWD:
            self.crowded(room)

    def disbelieve(self, name: Name) -> None:
        """What `find` took for true has turned out to be stale."""
        self.memory.drop(name)
        self.counts.add(name.kind.name, SHARED, STALE)
        self.counts.add(name.kind.name, SHARED, HIT, -1)

    def _ask(
        self, shared_tier: Shared, wanted: Sequence[Wanted], found: list[Entry | None], now_ms: int
    ) -> list[Entry | None]:
        """Fills up what memory has not found, and looks at the log where that is due."""
        missing = [at for at, entry in enumerate(found) if entry is None]
        log = self.declared.due(now_ms)
        answer = shared_tier.read([key_of(wanted[at].name) for at in missing], log=log)
        if answer is None:
            self.declared.missed(now_ms)
            return found
        if log:
            self.declared.looked(answer.log, now_ms)
        asked = dict(zip(missing, answer.bodies, strict=True))
        whole: list[Entry | None] = []
        for at, each in enumerate(wanted):
            if at in asked:
                entry = self._judged(each, self._decoded(each.name, asked[at], now_ms), whole, SHARED)
                if entry is not None:
                    self.memory.put(each.name, entry, now_ms)
            else:
                entry = found[at]
                entry = entry if entry is not None and self._true(each, entry, whole) else None
            whole.append(entry)
        return whole

    def _judged(self, wanted: Wanted, entry: Entry | None, earlier: Sequence[Entry | None], tier: str) -> Entry | None:
        """The entry where it is true; counts what it was."""
        kind = wanted.name.kind.name
        if entry is None:
            self.counts.add(kind, tier, MISS)
            return None
        if not self._true(wanted, entry, earlier):
            self.counts.add(kind, tier, STALE)
            return None
        self.counts.add(kind, tier, HIT)
        return entry

    def _true(self, wanted: Wanted, entry: Entry, earlier: Sequence[Entry | None]) -> bool:
        return not self.declared.cover(wanted.name, entry) and wanted.accepts(entry, earlier)

    @staticmethod
    def _decoded(name: Name, body: bytes | None, now_ms: int) -> Entry | None:
        entry = shared.decode(name.kind, body) if body is not None else None
        return entry if entry is not None and entry.until_ms > now_ms else None
