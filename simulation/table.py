"""DynamoDB in memory, as far as `chat.ports.Table` uses it. The contract tests hold it against the emulator.

Reads are always consistent here: code that is right with the freshest answer must be tested with a stale one elsewhere.
What DynamoDB refuses as malformed is refused here, too.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chat.ports import (
    Absent,
    Assign,
    Below,
    Condition,
    ConditionError,
    Delete,
    Equal,
    Item,
    Key,
    Page,
    Present,
    PresentBelow,
    Put,
    Query,
    TransactionError,
    Write,
)
from simulation.units import Units, size_bytes

PAGE_BYTES = 1_000_000
BATCH_KEYS = 100
TRANSACTION_WRITES = 100
NUMBER_DIGITS = 38
PARTITION_KEY_BYTES = 2_048
SORT_KEY_BYTES = 1_024
ITEM_BYTES = 400 * 1024

_ACTIONS = {Put: "dynamodb:PutItem", Delete: "dynamodb:DeleteItem", Assign: "dynamodb:UpdateItem"}
"""What each write of a transaction takes."""


class MalformedCallError(Exception):
    """A call that DynamoDB would refuse, whatever is stored: a fault of ours."""


class Items(dict[Key, Item]):
    """Items by key, with the sort keys of each partition in their order, so that a Query reads no other partition."""

    def __init__(self) -> None:
        super().__init__()
        self._partitions: dict[str, list[Any]] = {}

    def __setitem__(self, key: Key, item: Item) -> None:
        if key not in self:
            insort(self._partitions.setdefault(key[0], []), key[1])
        super().__setitem__(key, item)

    def __delitem__(self, key: Key) -> None:
        super().__delitem__(key)
        partition = self._partitions[key[0]]
        del partition[bisect_left(partition, key[1])]
        if not partition:
            del self._partitions[key[0]]

    def pop(self, key: Key, *default: Any) -> Any:  # noqa: ANN401 - as a dictionary's
        """As a dictionary's."""
        item = self[key] if key in self or not default else default[0]
        if key in self:
            del self[key]
        return item

    def partition(self, pk: str) -> Sequence[Any]:
        """The sort keys of a partition, in order."""
        return self._partitions.get(pk, ())


class MemoryTable:
    """One table. See `chat.ports.Table`."""

    def __init__(self) -> None:
        self.items = Items()
        self.calls: list[str] = []
        """Names of the operations so far, for tests that count them."""
        self.actions: set[str] = set()
        """What a role must allow for the operations so far, as IAM names them."""
        self.units = Units()
        """What the operations so far would cost."""
        self._tokens: set[str] = set()

    def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        """One item."""
        self.calls.append("get!" if consistent else "get")
        self.actions.add("dynamodb:GetItem")
        _check_key(key)
        item = self._seen(key, consistent=consistent)
        self.units.count_read([item], consistent=consistent)
        found: Item | None = copied(item)
        return found

    def get_many(self, keys: Iterable[Key], *, consistent: bool = False) -> list[Item]:
        """Those that exist."""
        self.calls.append("get_many!" if consistent else "get_many")
        self.actions.add("dynamodb:BatchGetItem")
        wanted = list(keys)
        _check_batch(wanted)
        found = [self._seen(key, consistent=consistent) for key in wanted]
        for item in found:
            self.units.count_read([item], consistent=consistent)
        return [copied(item) for item in found if item is not None]

    def put(self, item: Item, condition: Condition | None = None) -> None:
        """Stores one item."""
        self.calls.append("put")
        self.actions.add("dynamodb:PutItem")
        self._require(_key(item), condition)
        self._store(_key(item), item)

    def put_many(self, items: Iterable[Item]) -> None:
        """Stores items."""
        self.calls.append("put_many")
        self.actions.add("dynamodb:PutItem")
        for item in items:
            self._store(_key(item), item)

    def update(
        self,
        key: Key,
        *,
        assign: Mapping[str, Any] | None = None,
        add: Mapping[str, int] | None = None,
        condition: Condition | None = None,
    ) -> Item:
        """Changes one item."""
        self.calls.append("update")
        self.actions.add("dynamodb:UpdateItem")
        self._require(key, condition)
        item = {"pk": key[0], "sk": key[1], **self.items.get(key, {}), **(assign or {})}
        for name, amount in (add or {}).items():
            item[name] = item.get(name, 0) + amount
        self._store(key, item)
        stands: Item = copied(item)
        return stands

    def delete(self, key: Key, condition: Condition | None = None) -> Item | None:
        """Removes one item."""
        self.calls.append("delete")
        self.actions.add("dynamodb:DeleteItem")
        self._require(key, condition)
        return self._store(key, None)

    def delete_many(self, keys: Iterable[Key]) -> None:
        """Removes items."""
        self.calls.append("delete_many")
        self.actions.add("dynamodb:DeleteItem")
        for key in keys:
            self._store(key, None)

    def query(self, *queries: Query) -> list[Page]:
        """One page each."""
        self.calls.append("query")
        self.actions.add("dynamodb:Query")
        return [self._page(query) for query in queries]

    def transact(self, writes: Sequence[Write], *, token: str | None = None) -> None:
        """All or none."""
        self.calls.append("transact")
        self.actions.update(_ACTIONS[type(write)] for write in writes)
        _check_transaction(writes)
        if token is not None and token in self._tokens:
            return
        conflicts = {
            at: copied(self.items.get(_target(write)))
            for at, write in enumerate(writes)
            if not _holds(write.condition, self.items.get(_target(write)))
        }
        if conflicts:
            raise TransactionError(conflicts)
        for write in writes:
            self._store(_target(write), _outcome(write, self.items.get(_target(write))), transactional=True)
        if token is not None:
            self._tokens.add(token)

    def _store(self, key: Key, item: Item | None, *, transactional: bool = False) -> Item | None:
        """Puts an item into its place, None for nothing; what stood there before."""
        _check_key(key)
        before = self.items.get(key)
        if item is not None:
            if size_bytes(item) > ITEM_BYTES:
                raise MalformedCallError("an item that is too large")
            self.items[key] = copied(item)
        else:
            self.items.pop(key, None)
        self.units.count_write(before, item, transactional=transactional)
        return before

    def _require(self, key: Key, condition: Condition | None) -> None:
        standing = self.items.get(key)
        if not _holds(condition, standing):
            self.units.count_write(standing, None)
            raise ConditionError(copied(standing))

    def _seen(self, key: Key, *, consistent: bool) -> Item | None:  # noqa: ARG002 - all reads are consistent here
        """What a read finds under a key."""
        return self.items.get(key)

    def _keys_seen(self, pk: str, *, consistent: bool) -> Sequence[Any]:  # noqa: ARG002 - as `_seen`
        """The sort keys that a read finds in a partition, in order."""
        return self.items.partition(pk)

    def _page(self, query: Query) -> Page:
        _check_query(query)
        page = self._read(query)
        self.units.count_read(page.items, consistent=query.consistent)
        return page

    def _read(self, query: Query) -> Page:
        found = _bounded(self._keys_seen(query.pk, consistent=query.consistent), query)
        taken: list[Item] = []
        read_bytes = 0
        for sk in reversed(found) if query.descending else found:
            if len(taken) == query.limit or read_bytes > PAGE_BYTES:
                return Page(taken, _key(taken[-1]))
            item: Item = copied(self._seen((query.pk, sk), consistent=query.consistent))
            taken.append(item)
            read_bytes += size_bytes(item)
        # Like DynamoDB, a page that stops at its limit doesn't look whether anything follows.
        return Page(taken, _key(taken[-1]) if taken and len(taken) == query.limit else None)


_ATOMS = (str, int, bool, type(None))


def copied(value: Any) -> Any:  # noqa: ANN401 - an attribute is any JSON value
    """A copy that shares nothing that can be changed: an item's lists and maps, at a tenth of `deepcopy`'s time."""
    if isinstance(value, dict):
        return {name: each if isinstance(each, _ATOMS) else copied(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [each if isinstance(each, _ATOMS) else copied(each) for each in value]
    return value


def _bounded(keys: Sequence[Any], query: Query) -> Sequence[Any]:
    """Those of a partition's sort keys that are within a query's bounds."""
    start = query.start[1] if query.start is not None else None
    first = 0 if query.first is None else bisect_left(keys, query.first)
    last = len(keys) if query.last is None else bisect_right(keys, query.last)
    if start is not None and query.descending:
        last = min(last, bisect_left(keys, start))
    elif start is not None:
        first = max(first, bisect_right(keys, start))
    return keys[first:last]


def _key(item: Item) -> Key:
    return item["pk"], item["sk"]


def _target(write: Write) -> Key:
    return _key(write.item) if isinstance(write, Put) else write.key


def _outcome(write: Write, before: Item | None) -> Item | None:
    match write:
        case Put(item):
            return item
        case Assign((pk, sk), attributes):
            return {"pk": pk, "sk": sk, **(before or {}), **attributes}
        case Delete():
            return None


def _check_key(key: Key) -> None:
    pk, sk = key
    if not 1 <= len(pk.encode()) <= PARTITION_KEY_BYTES:
        raise MalformedCallError("a partition key that is empty or too long")
    if isinstance(sk, str) and not 1 <= len(sk.encode()) <= SORT_KEY_BYTES:
        raise MalformedCallError("a sort key that is empty or too long")
    if isinstance(sk, int) and len(str(abs(sk)).rstrip("0")) > NUMBER_DIGITS:
        raise MalformedCallError("a number of too many digits")


def _check_batch(keys: list[Key]) -> None:
    if len(keys) > BATCH_KEYS or len(set(keys)) < len(keys):
        raise MalformedCallError("too many keys, or one twice")
    for key in keys:
        _check_key(key)


def _check_transaction(writes: Sequence[Write]) -> None:
    targets = [_target(write) for write in writes]
    if not 1 <= len(targets) <= TRANSACTION_WRITES or len(set(targets)) < len(targets):
        raise MalformedCallError("no write, too many writes, or two of one item")


def _check_query(query: Query) -> None:
    for bound in (query.first, query.last):
        if bound is not None:
            _check_key((query.pk, bound))
    if query.first is not None and query.last is not None and query.first > query.last:  # type: ignore[operator]
        raise MalformedCallError("bounds the wrong way round")
    if query.start is not None and not _within(query.start[1], dataclasses.replace(query, start=None)):
        raise MalformedCallError("a start outside of the bounds")


def _within(sk: Any, query: Query) -> bool:  # noqa: ANN401 - a sort key is a string or a number
    return (
        (query.first is None or sk >= query.first)
        and (query.last is None or sk <= query.last)
        and (query.start is None or (sk < query.start[1] if query.descending else sk > query.start[1]))
    )


def _holds(condition: Condition | None, item: Item | None) -> bool:
    match condition:
        case None:
            return True
        case Absent():
            return item is None
        case Present():
            return item is not None
        case Below(attribute, value):
            return item is None or attribute not in item or item[attribute] < value
        case PresentBelow(attribute, value):
            return item is not None and attribute in item and item[attribute] < value
        case Equal(attribute, value):
            return item is not None and item.get(attribute) == value
