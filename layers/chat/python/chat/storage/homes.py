"""Which Region numbers the stage's rooms: a row for each epoch (`chat.numbering`), opened once and never changed.

The newest epoch is the one in force. Rows are copied to every Region like all of the table; nobody writes one twice,
so that no copy ever goes over another. A Region opens only epochs that no other one may: two which take over at the
same time, and cannot hear each other, open different ones, and the higher is in force once they can.

A Region that has not heard of a later epoch goes on in its own. What it numbers then is among its own epoch's numbers,
and is told to readers elsewhere once it arrives there (`chat.returns`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chat.errors import ElsewhereError
from chat.ports import Absent, Clock, Item, Query, Table
from chat.storage import keys

SLOTS = 4
"""Regions that a stage may ever have: epoch E is opened by the Region in place E mod 4 of the stage's list."""

REMEMBERED_MS = 5_000
"""How long a function instance goes by what it saw. Until then two Regions may number, each in its own epoch."""


@dataclass(frozen=True)
class Home:
    """The epochs opened so far, in order, each with its Region."""

    epochs: tuple[tuple[int, str], ...]

    @property
    def epoch(self) -> int:
        """The one in force."""
        return self.epochs[-1][0]

    @property
    def region(self) -> str:
        """The Region that numbers."""
        return self.epochs[-1][1]

    def region_of(self, epoch: int) -> str | None:
        """The Region that has numbered, or does, in an epoch; None for one that is not known here yet."""
        return dict(self.epochs).get(epoch)


class Homes:
    """The stage's epochs, as they are known in the Region `here`; `regions` are all of the stage's, in their order.

    The first of them is home until another one takes over.
    """

    def __init__(self, table: Table, clock: Clock, regions: Sequence[str], here: str) -> None:
        if here not in regions or len(set(regions)) != len(regions) or len(regions) > SLOTS:
            raise ValueError(f"{here} is to be one of up to {SLOTS} different Regions: {', '.join(regions)}")
        self._table = table
        self._clock = clock
        self._regions = tuple(regions)
        self.here = here
        self._known: Home | None = None
        self._until_ms = 0

    def current(self) -> Home:
        """Where the stage is at home, at most `REMEMBERED_MS` late. No call when remembered, else a read unit.

        Raises `UnavailableError`.
        """
        now_ms = self._clock.now_ms()
        if self._known is None or self._until_ms <= now_ms:
            self._known, self._until_ms = self.read(), now_ms + REMEMBERED_MS
        return self._known

    def require_here(self, known_epoch: int = 0) -> Home:
        """As `current`. Raises `ElsewhereError` in every other Region than the stage's home.

        `known_epoch`: what somebody knows to have been opened. A Region that has been away has not heard of it.
        """
        home = self.current()
        if home.epoch < known_epoch:
            self._known = None
            home = self.current()
        if home.region != self.here or home.epoch < known_epoch:
            raise ElsewhereError("This stage is at home in another Region now; go to its next address.")
        return home

    def read(self) -> Home:
        """As it is known in this Region: a consistent read, one unit."""
        rows: list[Item] = []
        start = None
        while True:
            (page,) = self._table.query(Query(keys.HOMES, start=start, consistent=True))
            rows += page.items
            if page.end is None:
                break
            start = page.end
        opened = ((int(row["epoch"]), str(row["region"])) for row in rows)
        return Home(((0, self._regions[0]), *sorted(opened)))

    def take_over(self, by: str, reason: str) -> Home:
        """Opens this Region's next epoch: from now on, as soon as others hear of it, this Region numbers.

        One write unit. Raises `ConditionError` where somebody in this Region has just done the same.
        """
        epoch = self._next(self.read().epoch)
        pk, sk = keys.home(epoch)
        row: Item = {
            "pk": pk,
            "sk": sk,
            "epoch": epoch,
            "region": self.here,
            "opened_at_ms": self._clock.now_ms(),
            "by": by,
            "reason": reason,
        }
        self._table.put(row, Absent())
        self._known = None
        return self.read()

    def _next(self, epoch: int) -> int:
        """The first epoch behind one that this Region may open."""
        place = self._regions.index(self.here)
        return epoch + 1 + (place - epoch - 1) % SLOTS
