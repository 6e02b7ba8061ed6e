"""Every condition with every write that takes one: where it holds, and that nothing is written where it does not."""

from collections.abc import Callable

import pytest

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
    Present,
    PresentBelow,
    Put,
    Table,
    TransactionError,
)

STANDING: dict[str, dict[str, int] | None] = {
    "nothing": None,
    "no such attribute": {"other": 5},
    "less": {"n": 4},
    "the same": {"n": 5},
    "more": {"n": 6},
}
HOLDS: dict[Condition, set[str]] = {
    Absent(): {"nothing"},
    Present(): {"no such attribute", "less", "the same", "more"},
    Below("n", 5): {"nothing", "no such attribute", "less"},
    PresentBelow("n", 5): {"less"},
    Equal("n", 5): {"the same"},
    Differs("n", 5): {"nothing", "no such attribute", "less", "more"},
}
Operation = Callable[[Table, Key, Condition], object]


def put(table: Table, key: Key, condition: Condition) -> None:
    table.put({"pk": key[0], "sk": key[1], "by": "put"}, condition)


def update(table: Table, key: Key, condition: Condition) -> None:
    table.update(key, assign={"by": "update"}, add={"count": 1}, condition=condition)


def delete(table: Table, key: Key, condition: Condition) -> None:
    table.delete(key, condition)


def transact_put(table: Table, key: Key, condition: Condition) -> None:
    table.transact([Put(beside(key)), Put({"pk": key[0], "sk": key[1], "by": "put"}, condition)])


def transact_assign(table: Table, key: Key, condition: Condition) -> None:
    table.transact([Put(beside(key)), Assign(key, {"by": "assign"}, condition)])


def transact_delete(table: Table, key: Key, condition: Condition) -> None:
    table.transact([Put(beside(key)), Delete(key, condition)])


OPERATIONS: dict[Operation, Callable[[Item], Item | None]] = {
    put: lambda item: {"pk": item["pk"], "sk": item["sk"], "by": "put"},
    update: lambda item: {**item, "by": "update", "count": 1},
    delete: lambda _: None,
    transact_put: lambda item: {"pk": item["pk"], "sk": item["sk"], "by": "put"},
    transact_assign: lambda item: {**item, "by": "assign"},
    transact_delete: lambda _: None,
}


def in_the_way(refused: Exception) -> Item | None:
    """What the refusal shows of the item whose condition did not hold."""
    if isinstance(refused, TransactionError):
        return refused.conflicts[1]
    assert isinstance(refused, ConditionError)
    return refused.item


def beside(key: Key) -> Item:
    """Another item of the same transaction."""
    return {"pk": f"beside {key[0]}", "sk": key[1]}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
@pytest.mark.parametrize("condition", HOLDS, ids=lambda condition: type(condition).__name__)
def test_a_write_happens_where_its_condition_holds_and_nowhere_else(
    table: Table, operation: Operation, condition: Condition
) -> None:
    for name, attributes in STANDING.items():
        key = (name, "a")
        standing = None if attributes is None else {"pk": name, "sk": "a", **attributes}
        if standing:
            table.put(standing)
        if name in HOLDS[condition]:
            operation(table, key, condition)
            assert table.get(key, consistent=True) == OPERATIONS[operation](standing or {"pk": name, "sk": "a"}), name
            continue
        with pytest.raises((ConditionError, TransactionError)) as refused:
            operation(table, key, condition)
        assert in_the_way(refused.value) == standing, name
        assert table.get(key, consistent=True) == standing, name
        assert table.get((f"beside {name}", "a"), consistent=True) is None, name
