"""DynamoDB: what `simulation.table` keeps, behind latency, stale reads, capacity and a stream.

Not simulated: capacity that adapts within minutes, TTL (it deletes days late, and nothing may rely on it), backups.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from chat.aws.dynamodb import TRANSACTION_PAUSE_MS, TRANSACTION_ROUNDS
from chat.errors import UnavailableError
from chat.ports import Condition, Item, Key, Page, Query, TransactionError, Write
from simulation.cloud.disturbance import Strike
from simulation.cloud.figures import Figures
from simulation.cloud.functions import Access, ThrottledError
from simulation.cloud.scheduler import US, Scheduler
from simulation.table import MemoryTable
from simulation.units import size_bytes

if TYPE_CHECKING:
    from simulation.cloud.cloud import Cloud

Result = TypeVar("Result")

Listener = Callable[[Key, Item | None, Item | None], None]
"""Hears each change of an item: its key, and what stood there before and stands there after."""

_Change = tuple[int, Any, Item | None]
"""When a sort key's item was changed, in µs, which one's, and what stood there before."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What one second took of a table, and of the partition that took most: its key, and its units."""

    second: int
    read: float
    written: float
    most_read: tuple[str, float]
    most_written: tuple[str, float]


class Spending:
    """Units spent in the current second, of a table and of each of its partitions; and in those that are over."""

    __slots__ = ("_limits", "_partitions", "_second", "past", "read", "throttled", "written")

    def __init__(self, figures: Figures) -> None:
        self._limits = figures
        self._second = 0
        self._partitions: dict[str, list[float]] = {}
        self.read = self.written = 0.0
        self.throttled = 0
        self.past: list[Spent] = []
        """Seconds in which anything was spent, in order, but for the current one."""

    def spend(self, pk: str, now_us: int, *, read: float = 0, written: float = 0) -> None:
        """Raises `ThrottledError` where the second has nothing left, and then spends nothing."""
        second = now_us // 1_000_000
        if second != self._second:
            self.end_second()
            self._second = second
        spent = self._partitions.setdefault(pk, [0.0, 0.0])
        limits = self._limits
        if (
            (read and spent[0] >= limits.partition_read_units)
            or (written and spent[1] >= limits.partition_write_units)
            or (read and self.read >= limits.table_read_units)
            or (written and self.written >= limits.table_write_units)
        ):
            self.throttled += 1
            raise ThrottledError(pk)
        spent[0] += read
        spent[1] += written
        self.read += read
        self.written += written

    def end_second(self) -> None:
        """The current second is over: it has a line of its own, and the next one begins with nothing spent."""
        if self._partitions:
            read, written = (max((spent[at], pk) for pk, spent in self._partitions.items()) for at in (0, 1))
            self.past.append(Spent(self._second, self.read, self.written, read[::-1], written[::-1]))
        self._partitions, self.read, self.written = {}, 0.0, 0.0


class StoredTable(MemoryTable):
    """What one table has, and had a moment ago: an eventually consistent read may find that."""

    def __init__(self, name: str, scheduler: Scheduler, figures: Figures) -> None:
        super().__init__()
        self.name = name
        self.spending = Spending(figures)
        self.listeners: list[Listener] = []
        self.most_stale_us = figures.stale_ms * US
        self.held: Counter[Key] = Counter()
        """Items that transactions are at."""
        self.as_of_us: int | None = None
        """What the next eventually consistent read sees; None for what is there now."""
        self._scheduler = scheduler
        self._changes: dict[str, list[_Change]] = {}

    def spend(self, pk: str, *, read: float = 0, written: float = 0) -> None:
        """See `Spending.spend`."""
        self.spending.spend(pk, self._scheduler.now_us, read=read, written=written)

    def take_copy(self, key: Key, item: Item | None) -> None:
        """What another Region has written, None for what it has removed. No condition is asked."""
        self._store(key, item)

    def _store(self, key: Key, item: Item | None, *, transactional: bool = False) -> Item | None:
        before = super()._store(key, item, transactional=transactional)
        now_us = self._scheduler.now_us
        changes = self._changes.setdefault(key[0], [])
        if changes and changes[0][0] < now_us - self.most_stale_us:
            changes[:] = [change for change in changes if change[0] >= now_us - self.most_stale_us]
        changes.append((now_us, key[1], before))
        for listener in self.listeners:
            listener(key, before, self.items.get(key))
        return before

    def _seen(self, key: Key, *, consistent: bool) -> Item | None:
        past = {} if consistent else self._past(key[0])
        return past[key[1]] if key[1] in past else self.items.get(key)

    def _keys_seen(self, pk: str, *, consistent: bool) -> Sequence[Any]:
        past = {} if consistent else self._past(pk)
        now = self.items.partition(pk)
        if not past:
            return now
        return sorted({sk for sk in now if sk not in past} | {sk for sk, item in past.items() if item is not None})

    def _past(self, pk: str) -> dict[Any, Item | None]:
        """What stood there instead, of items that a late read sees as they were."""
        as_of_us = self.as_of_us
        if as_of_us is None:
            return {}
        past: dict[Any, Item | None] = {}
        for at_us, sk, before in reversed(self._changes.get(pk, ())):
            if at_us <= as_of_us:
                break
            past[sk] = before
        return past


class CloudTable:
    """One instance's access to a table. See `chat.ports.Table`; made where a `DynamoDbTable` is, with the same name."""

    __slots__ = ("_access", "_cloud", "_table")

    def __init__(self, client: Access, name: str) -> None:
        self._access = client
        self._cloud: Cloud = client.cloud
        self._table = self._cloud.tables[name]

    def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        """One GetItem."""

        def effect() -> Item | None:
            self._late(consistent=consistent)
            item = self._table.get(key, consistent=consistent)
            self._table.spend(key[0], read=_read_units(item, consistent=consistent))
            return item

        return self._call("get", effect)

    def get_many(self, keys: Iterable[Key], *, consistent: bool = False) -> list[Item]:
        """One BatchGetItem."""
        wanted = list(keys)

        def effect() -> list[Item]:
            self._late(consistent=consistent)
            found = self._table.get_many(wanted, consistent=consistent)
            for item in found:
                self._table.spend(item["pk"], read=_read_units(item, consistent=consistent))
            return found

        return self._call("get_many", effect)

    def put(self, item: Item, condition: Condition | None = None) -> None:
        """One PutItem."""
        pk, sk = item["pk"], item["sk"]

        def effect() -> None:
            self._write((pk, sk), item)
            self._table.put(item, condition)

        self._call("put", effect)

    def put_many(self, items: Iterable[Item]) -> None:
        """A PutItem each, in any order; one that fails keeps none of the others away."""
        self._each("put_many", [partial(self._put_one, item) for item in items])

    def update(
        self,
        key: Key,
        *,
        assign: Mapping[str, Any] | None = None,
        add: Mapping[str, int] | None = None,
        condition: Condition | None = None,
    ) -> Item:
        """One UpdateItem. Repeated by the network, it adds twice."""

        def effect() -> Item:
            self._write(key, assign or {})
            return self._table.update(key, assign=assign, add=add, condition=condition)

        return self._call("update", effect)

    def delete(self, key: Key, condition: Condition | None = None) -> Item | None:
        """One DeleteItem."""

        def effect() -> Item | None:
            self._write(key, {})
            return self._table.delete(key, condition)

        return self._call("delete", effect)

    def delete_many(self, keys: Iterable[Key], condition: Condition | None = None) -> None:
        """A DeleteItem each, as `put_many`."""
        self._each("delete_many", [partial(self._delete_one, key, condition) for key in keys])

    def query(self, *queries: Query) -> list[Page]:
        """A Query each, at the same time: together they take as long as the slowest."""
        return self._call("query", lambda: [self._page(query) for query in queries])

    def read_ahead(self, query: Query) -> Callable[[], Page]:
        """One Query that is answered while the caller waits for something else; asked again where it was refused."""
        answered: list[Page] = []

        def effect() -> None:
            with suppress(ThrottledError):
                answered.append(self._page(query))

        self._cloud.count("calls", self._table.name, "query")
        self._cloud.scheduler.after(self._cloud.figures.item.draw_us(self._cloud.scheduler.chance), effect)
        return lambda: answered[0] if answered else self.query(query)[0]

    def transact(self, writes: Sequence[Write], *, token: str | None = None) -> None:
        """One TransactWriteItems. What the network repeats is carried out once: every call has a token."""
        own = token or self._cloud.new_id()
        targets = [_target(write) for write in writes]

        def effect() -> None:
            for write, target in zip(writes, targets, strict=True):
                self._write(target, getattr(write, "item", {}), transactional=True)
            self._table.transact(writes, token=own)

        self._hold(targets)
        try:
            latency = self._cloud.figures.transaction
            self._access.call(self._table.name, "transact", latency, effect)
        finally:
            self._table.held.subtract(targets)

    def _hold(self, targets: Sequence[Key]) -> None:
        """Keeps others from items that a transaction is at; it is refused itself where others are, and tried again."""
        held, chance = self._table.held, self._cloud.scheduler.chance
        for attempt in range(TRANSACTION_ROUNDS):
            if attempt:
                self._access.wait(int(chance.random() * TRANSACTION_PAUSE_MS * US * 2**attempt / 2))
            if not any(held[target] for target in targets):
                held.update(targets)
                return
            self._cloud.count("conflicts", self._table.name, "transact")
            self._access.wait(self._cloud.figures.transaction.draw_us(chance))
        raise UnavailableError("The database is busy; try again.", retry_after_ms=200)

    def _call(self, operation: str, effect: Callable[[], Result]) -> Result:
        return self._access.call(self._table.name, operation, self._cloud.figures.item, effect)

    def _each(self, operation: str, effects: list[Callable[[], object]]) -> None:
        """Several calls under way at once. A function that dies, or a refusal, leaves some of them done."""
        access, chance = self._access, self._cloud.scheduler.chance
        strike = access.strike(self._table.name, operation) if effects else None
        if not effects:
            return
        access.wait(self._cloud.figures.item.draw_us(chance))
        cut_short = strike in {Strike.DIE_AFTER, Strike.UNHEARD}
        done = chance.randrange(len(effects) + 1) if cut_short else len(effects)
        chance.shuffle(effects)
        throttled = 0
        for effect in effects[:done]:
            try:
                effect()
            except ThrottledError:
                throttled += 1
        access.after(strike)
        if throttled:
            raise UnavailableError("The database did not answer in time; try again.", retry_after_ms=1_000)

    def _put_one(self, item: Item) -> None:
        self._write((item["pk"], item["sk"]), item)
        self._table.put_many([item])

    def _delete_one(self, key: Key, condition: Condition | None) -> None:
        self._write(key, {})
        self._table.delete_many([key], condition)

    def _page(self, query: Query) -> Page:
        self._late(consistent=query.consistent)
        (page,) = self._table.query(query)
        size = sum(map(size_bytes, page.items))
        self._table.spend(query.pk, read=max(1, -(-size // 4_096)) * (1 if query.consistent else 0.5))
        return page

    def _write(self, key: Key, item: Mapping[str, Any], *, transactional: bool = False) -> None:
        """Pays for a write, by the larger of what stands there and what will. Refused where a transaction is at it."""
        if not transactional and self._table.held[key]:
            self._cloud.count("conflicts", self._table.name, "write")
            raise ThrottledError(key)
        standing = self._table.items.get(key)
        size = max(size_bytes(standing) if standing else 0, size_bytes(dict(item)) if item else 0)
        units = max(1, -(-size // 1_024)) * (2 if transactional else 1)
        self._table.spend(key[0], written=units)

    def _late(self, *, consistent: bool) -> None:
        """Says what the read that follows sees: mostly what is there, sometimes what was."""
        chance, figures = self._cloud.scheduler.chance, self._cloud.figures
        late = not consistent and chance.random() < figures.stale_reads
        lag_us = int(chance.random() * figures.stale_ms * US) if late else 0
        self._table.as_of_us = self._cloud.scheduler.now_us - lag_us if late else None


def _target(write: Write) -> Key:
    return (write.item["pk"], write.item["sk"]) if hasattr(write, "item") else write.key


def _read_units(item: Item | None, *, consistent: bool) -> float:
    size = size_bytes(item) if item is not None else 0
    return max(1, -(-size // 4_096)) * (1 if consistent else 0.5)


def shard_of(pk: str, shards: int) -> int:
    """The shard of a stream that tells of a partition: always the same one."""
    return zlib.crc32(pk.encode()) % shards


__all__ = ["CloudTable", "Listener", "StoredTable", "TransactionError", "shard_of"]
