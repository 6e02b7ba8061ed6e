"""DynamoDB in memory, as far as `chat.ports.Table` uses it. The contract tests hold it against the emulator.

Reads are always consistent here: code that is right with the freshest answer must be tested with a stale one elsewhere.
What DynamoDB refuses as malformed is refused here, too.
"""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from chat.ports import (
    Absent,
    Assign,
    Below,
    Condition,
    ConditionError,
    Delete,
    Differs,
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
from simulation.units import Units

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


class MemoryTable:
    """One table. See `chat.ports.Table`."""

    def __init__(self) -> None:
        self.items: dict[Key, Item] = {}
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
        self.units.count_read([self.items.get(key)], consistent=consistent)
        return copy.deepcopy(self.items.get(key))

    def get_many(self, keys: Iterable[Key], *, consistent: bool = False) -> list[Item]:
        """Those that exist."""
        self.calls.append("get_many!" if consistent else "get_many")
        self.actions.add("dynamodb:BatchGetItem")
        wanted = list(keys)
        _check_batch(wanted)
        for key in wanted:
            self.units.count_read([self.items.get(key)], consistent=consistent)
        return [copy.deepcopy(self.items[key]) for key in wanted if key in self.items]

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
        return copy.deepcopy(item)

    def delete(self, key: Key, condition: Condition | None = None) -> Item | None:
        """Removes one item."""
        self.calls.append("delete")
        self.actions.add("dynamodb:DeleteItem")
        self._require(key, condition)
        return self._store(key, None)

    def delete_many(self, keys: Iterable[Key], condition: Condition | None = None) -> None:
        """Removes items."""
        self.calls.append("delete_many")
        self.actions.add("dynamodb:DeleteItem")
        for key in keys:
            with suppress(ConditionError):
                self._require(key, condition)
                self._store(key, None)

    def query(self, *queries: Query) -> list[Page]:
        """One page each."""
        self.calls.append("query")
        self.actions.add("dynamodb:Query")
        return [self._page(query) for query in queries]

    def read_ahead(self, query: Query) -> Callable[[], Page]:
        """Reads it when it is wanted: nothing takes time here."""
        return lambda: self.query(query)[0]

    def transact(self, writes: Sequence[Write], *, token: str | None = None) -> None:
        """All or none."""
        self.calls.append("transact")
        self.actions.update(_ACTIONS[type(write)] for write in writes)
        _check_transaction(writes)
        if token is not None and token in self._tokens:
            return
        conflicts = {
            at: copy.deepcopy(self.items.get(_target(write)))
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
            if len(json.dumps(item, ensure_ascii=False).encode()) > ITEM_BYTES:
                raise MalformedCallError("an item that is too large")
            self.items[key] = copy.deepcopy(item)
        else:
            self.items.pop(key, None)
        self.units.count_write(before, item, transactional=transactional)
        return before

    def _require(self, key: Key, condition: Condition | None) -> None:
        standing = self.items.get(key)
        if not _holds(condition, standing):
            self.units.count_write(standing, None)
            raise ConditionError(copy.deepcopy(standing))

    def _page(self, query: Query) -> Page:
        _check_query(query)
        page = self._read(query)
        self.units.count_read(page.items, consistent=query.consistent)
        return page

    def _read(self, query: Query) -> Page:
        keys = sorted(
            (key for key in self.items if key[0] == query.pk and _within(key[1], query)), reverse=query.descending
        )
        taken: list[Item] = []
        size_bytes = 0
        for key in keys:
            if len(taken) == query.limit or size_bytes > PAGE_BYTES:
                return Page(taken, _key(taken[-1]))
            taken.append(copy.deepcopy(self.items[key]))
            size_bytes += len(json.dumps(taken[-1]))
        # Like DynamoDB, a page that stops at its limit doesn't look whether anything follows.
        return Page(taken, _key(taken[-1]) if taken and len(taken) == query.limit else None)


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
        case Absent() | Present():
            return (item is None) is isinstance(condition, Absent)
        case Below(attribute, value):
            return item is None or attribute not in item or item[attribute] < value
        case PresentBelow(attribute, value):
            return item is not None and attribute in item and item[attribute] < value
        case Equal(attribute, value) | Differs(attribute, value):
            same = item is not None and item.get(attribute) == value
            return same is isinstance(condition, Equal)
