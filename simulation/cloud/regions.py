"""Several Regions of one stage, on one clock: each with all that is its own, and global tables between them.

What is copied and how, as AWS says of global tables (version 2019.11.21, eventual consistency): every write of an item
goes to every other Region as the whole item, each in its own time. Of two writes of one item the later one stays in all
Regions, whichever arrives first. Conditions and transactions hold in the Region where they are made: its copies come
item by item. A copy stands in the stream of the table that it comes to, like any other write.

A Region that is lost does nothing and is reached by nobody; what its tables have is there again when it returns, and so
is what was on its way to other Regions or to it. Between two Regions that work, replication may be held up for itself.

Not simulated: strong consistency across Regions (its tables know no transactions), and tables that fail apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from chat.ports import Item, Key
from simulation.cloud.cloud import Cloud
from simulation.cloud.figures import Latency
from simulation.cloud.scheduler import Scheduler

COPIED = ("rooms", "messages")
"""Global tables. Sockets are a Region's own, and so is the table of them."""

Stamp = tuple[int, str]
"""When an item was written, in µs, and where: of two in the same microsecond all Regions take the same one."""


@dataclass(frozen=True)
class Copy:
    """One write on its way: an item as it was then, None for one that was removed."""

    table: str
    key: Key
    item: Item | None
    stamp: Stamp


class Replication:
    """Global tables between clouds. `lag`: from a write until it stands in another Region."""

    def __init__(self, clouds: Mapping[str, Cloud], scheduler: Scheduler, lag: Latency) -> None:
        self._clouds = clouds
        self._scheduler = scheduler
        self._lag = lag
        self._stamps: dict[tuple[str, str, Key], Stamp] = {}
        """When what stands in a Region's table was written."""
        self._held: defaultdict[tuple[str, str], list[Copy]] = defaultdict(list)
        self._cut: set[frozenset[str]] = set()
        self._copying = False
        for region, cloud in clouds.items():
            for table in COPIED:
                cloud.tables[table].listeners.append(partial(self._written, region, table))

    @property
    def held(self) -> int:
        """Copies that wait for a Region to return."""
        return sum(map(len, self._held.values()))

    def cut(self, one: str, other: str) -> None:
        """Nothing is copied between two Regions from now on; what is under way waits, too."""
        self._cut.add(frozenset((one, other)))

    def mend(self, one: str, other: str) -> None:
        """Copies between two Regions again, and whatever has waited."""
        self._cut.discard(frozenset((one, other)))
        self.resume()

    def resume(self) -> None:
        """Sends what has waited on ways that are open now."""
        for (source, target), copies in list(self._held.items()):
            if self._open(source, target):
                del self._held[source, target]
                for copy in copies:
                    self._send(source, target, copy)

    def _written(self, region: str, table: str, key: Key, _before: Item | None, after: Item | None) -> None:
        if self._copying:
            return
        stamp = self._scheduler.now_us, region
        self._stamps[region, table, key] = stamp
        for target in self._clouds:
            if target != region:
                self._send(region, target, Copy(table, key, after, stamp))

    def _send(self, source: str, target: str, copy: Copy) -> None:
        self._scheduler.after(self._lag.draw_us(self._scheduler.chance), self._arrive, source, target, copy)

    def _arrive(self, source: str, target: str, copy: Copy) -> None:
        if not self._open(source, target):
            self._held[source, target].append(copy)
            return
        place = target, copy.table, copy.key
        if copy.stamp <= self._stamps.get(place, (0, "")):
            return
        self._stamps[place] = copy.stamp
        self._copying = True
        try:
            self._clouds[target].tables[copy.table].take_copy(copy.key, copy.item)
        finally:
            self._copying = False

    def _open(self, source: str, target: str) -> bool:
        lost = self._clouds[source].lost or self._clouds[target].lost
        return not lost and frozenset((source, target)) not in self._cut


class Regions:
    """One stage in several Regions; the first is its home at the beginning."""

    def __init__(self, clouds: Sequence[Cloud], lag: Latency) -> None:
        self.clouds = {cloud.region: cloud for cloud in clouds}
        self.replication = Replication(self.clouds, clouds[0].scheduler, lag)

    def lose(self, region: str) -> None:
        """A Region is gone, from this moment on: what it has not sent yet, it sends when it returns."""
        self.clouds[region].lose()

    def give_back(self, region: str) -> None:
        """It is there again, with all that it had."""
        self.clouds[region].give_back()
        self.replication.resume()
