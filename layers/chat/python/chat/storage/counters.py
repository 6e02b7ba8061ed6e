"""The counters of rooms: who takes a number or a rev, and which ones were given.

A room has a counter for each epoch (`chat.numbering`), and only the epoch's Region raises it: a copy from elsewhere
never goes over a number that was given here. In the first epoch that is one row, read and raised in one call.

Rows reach another Region in no order: a message may be there whose counter is not. So whoever first reads a room in a
later epoch looks behind the counter for what is stored already, and notes down how far an earlier epoch goes, as far as
is known here (`closing`). What arrives after that is late, and raises it (`admit`).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from chat.errors import UnavailableError
from chat.numbering import Numbers, epoch_of, fits, floor
from chat.ports import Absent, Below, ConditionError, Differs, Item, Query, Table
from chat.storage import keys
from chat.storage.homes import Home, Homes
from chat.storage.rooms import get_batches

LOOKED_BEHIND = 1_024
"""Numbers behind an epoch's counter that are looked for when it is closed: two seconds of the busiest room."""

LAST, LAST_REV = "last", "last_rev"
"""Attributes of a closing: the newest message and the newest change that are known."""


@dataclass(frozen=True)
class Counter:
    """What a room has given: numbers of messages and revs of changes, and when the last of each.

    `epoch` is the one in which this Region numbers, None where another one does.
    """

    numbers: Numbers = field(default_factory=Numbers)
    revs: Numbers = field(default_factory=Numbers)
    numbered_at_ms: int = 0
    changed_at_ms: int = 0
    epoch: int | None = 0

    @property
    def seq(self) -> int:
        """The newest number."""
        return self.numbers.newest

    @property
    def rev(self) -> int:
        """The newest rev."""
        return self.revs.newest

    @property
    def version(self) -> str:
        """Of everything that the room's log says."""
        return f"{self.seq}/{self.rev}"

    def closes(self, number: int) -> bool:
        """Whether a number or rev that nobody uses may be closed here. Of another Region's nobody here can know."""
        return self.epoch is not None and fits(self.epoch, number)


@dataclass(frozen=True)
class Position:
    """The newest numbers given in a room: of its messages, and of changes to them."""

    seq: int = 0
    rev: int = 0


class Counters:
    """The counters of all rooms, in the table of messages. `homes` None: a stage of one Region."""

    def __init__(self, table: Table, homes: Homes | None = None) -> None:
        self._table = table
        self._homes = homes

    def read(self, room: str) -> Counter:
        """One read unit; the first time in a room in a later epoch, some queries and a write more."""
        home = self._homes.current() if self._homes else None
        if home is None or not home.epoch:
            item = self._table.get(keys.counter(room), consistent=True) or {}
            numbers, revs = (Numbers.up_to(int(item.get(name, 0))) for name in ("seq", "rev"))
            return _counter(item, numbers, revs, self._own_epoch(home))
        return self._read_epochs(room, home)

    def positions_of(self, rooms: list[str]) -> dict[str, Position]:
        """The newest of each room that has any, eventually consistent: half a read unit a room."""
        epoch = self._homes.current().epoch if self._homes else 0
        items = get_batches(self._table, [keys.counter(room, epoch) for room in rooms])
        by_key = {item["pk"]: item for item in items}
        found = {room: by_key.get(keys.counter(room)[0]) for room in rooms}
        # In a later epoch a room's numbers may all be of the ones before: then it stands at the epoch's floor.
        return {room: _position(item or {}, epoch) for room, item in found.items() if item or epoch}

    def take_number(self, room: str, taker: str, now_ms: int) -> int:
        """The next number; the last one given, where it was given to the same taker. Raises `ElsewhereError`."""
        epoch = self._epoch()
        try:
            item = self._table.update(
                keys.counter(room, epoch),
                add={"seq": 1},
                assign={"numbered_at_ms": now_ms, "taker": taker},
                condition=Differs("taker", taker),
            )
        except ConditionError as taken:
            item = taken.item or {}
        return _within(epoch, floor(epoch) + int(item["seq"]))

    def take_rev(self, room: str, now_ms: int) -> tuple[int, int]:
        """The next rev, and the newest message's number. Raises `ElsewhereError`."""
        epoch = self._epoch()
        item = self._table.update(keys.counter(room, epoch), add={"rev": 1}, assign={"changed_at_ms": now_ms})
        return _within(epoch, floor(epoch) + int(item["rev"])), floor(epoch) + int(item.get("seq", 0))

    def admit(self, room: str, *, seq: int = 0, rev: int = 0) -> None:
        """A message or a change of an earlier epoch is here now: readers are to find it. One write unit."""
        for name, number in ((LAST, seq), (LAST_REV, rev)):
            if number:
                key = keys.closing(room, epoch_of(number))
                with suppress(ConditionError):
                    self._table.update(key, assign={name: number}, condition=Below(name, number))

    def _epoch(self) -> int:
        return self._homes.require_here().epoch if self._homes else 0

    def _own_epoch(self, home: Home | None) -> int | None:
        if home is None or self._homes is None:
            return 0
        return home.epoch if home.region == self._homes.here else None

    def _read_epochs(self, room: str, home: Home) -> Counter:
        (page,) = self._table.query(Query(keys.counter(room)[0], consistent=True))
        rows = {int(item["sk"]): item for item in page.items}
        epochs = [epoch for epoch, _ in home.epochs]
        own = self._own_epoch(home)
        for epoch in epochs[:-1]:
            closing = keys.closing(room, epoch)[1]
            if int(closing) not in rows or {LAST, LAST_REV} - rows[int(closing)].keys():
                rows[int(closing)] = self._close(room, epoch, rows.get(epoch, {}), kept=own is not None)
        spans = {
            name: tuple((floor(epoch), _end(rows, room, epoch, name, last)) for epoch in epochs)
            for name, last in (("seq", LAST), ("rev", LAST_REV))
        }
        return _counter(rows.get(home.epoch, {}), Numbers(spans["seq"]), Numbers(spans["rev"]), own)

    def _close(self, room: str, epoch: int, counter: Item, *, kept: bool) -> Item:
        """Finds out how far an epoch of another Region goes, as far as that has arrived here, and notes it down."""
        last = self._stored(keys.message_bucket, keys.MESSAGES_PER_BUCKET, room, _given(counter, "seq", epoch))
        last_rev = self._stored(keys.change_bucket, keys.CHANGES_PER_BUCKET, room, _given(counter, "rev", epoch))
        if kept:
            # Whoever was faster, or has admitted something meanwhile, knows no less.
            pk, sk = keys.closing(room, epoch)
            with suppress(ConditionError):
                self._table.put({"pk": pk, "sk": sk, LAST: last, LAST_REV: last_rev}, Absent())
            self.admit(room, seq=last if last > floor(epoch) else 0, rev=last_rev if last_rev > floor(epoch) else 0)
        return {LAST: last, LAST_REV: last_rev}

    def _stored(self, bucket_key: keys.BucketKey, size: int, room: str, given: int) -> int:
        """The newest entry that is stored behind what was given by the counter; that, where there is none."""
        last = given + LOOKED_BEHIND
        buckets = range((given + 1) // size, last // size + 1)
        queries = [
            Query(bucket_key(room, bucket), given + 1, last, limit=1, descending=True, consistent=True)
            for bucket in buckets
        ]
        return max((int(item["sk"]) for page in self._table.query(*queries) for item in page.items), default=given)


def _counter(item: Item, numbers: Numbers, revs: Numbers, epoch: int | None) -> Counter:
    return Counter(numbers, revs, int(item.get("numbered_at_ms", 0)), int(item.get("changed_at_ms", 0)), epoch)


def _position(item: Item, epoch: int) -> Position:
    return Position(floor(epoch) + int(item.get("seq", 0)), floor(epoch) + int(item.get("rev", 0)))


def _given(counter: Item, name: str, epoch: int) -> int:
    return floor(epoch) + int(counter.get(name, 0))


def _end(rows: dict[int, Item], room: str, epoch: int, name: str, last: str) -> int:
    """How far an epoch goes: by its counter, or by what is known to be stored, whichever is further."""
    closing = rows.get(int(keys.closing(room, epoch)[1]), {})
    return max(_given(rows.get(epoch, {}), name, epoch), int(closing.get(last, 0)))


def _within(epoch: int, number: int) -> int:
    """The number, if the epoch has it. No room lives to see the end of one; and if it did, nothing is given twice."""
    if not fits(epoch, number):
        raise UnavailableError("The room has used up its numbers in this Region.")
    return number
