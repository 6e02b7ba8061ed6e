"""What `chat.ports.Table` promises, held by the simulation and by the DynamoDB adapter on the emulator alike."""

from collections.abc import Callable

import pytest

from chat.aws.dynamodb import DynamoDbError
from chat.ports import (
    Absent,
    Assign,
    Below,
    ConditionError,
    Delete,
    Equal,
    Item,
    Present,
    PresentBelow,
    Put,
    Query,
    Table,
    TransactionError,
)
from simulation.table import MalformedCallError

KEY = ("p", "a")


def item(sk: str | int = "a", pk: str = "p", **attributes: object) -> Item:
    return {"pk": pk, "sk": sk, **attributes}


def test_an_item_comes_back_as_it_was_stored(table: Table) -> None:
    stored = item(
        text="Grüße 👋",
        count=-3,
        large=9_007_199_254_740_993,
        yes=True,
        nothing=None,
        empty="",
        nested={"list": [1, "two", {"three": False}], "none": None},
    )
    table.put(stored)
    assert table.get(KEY) == stored


def test_what_is_not_there_is_none(table: Table) -> None:
    assert table.get(KEY) is None
    assert table.get(KEY, consistent=True) is None


def test_absent_lets_the_first_put_in_and_shows_the_second_what_stands_there(table: Table) -> None:
    table.put(item(by="first"), Absent())
    with pytest.raises(ConditionError) as refused:
        table.put(item(by="second"), Absent())
    assert refused.value.item == item(by="first")
    assert table.get(KEY) == item(by="first")


def test_below_replaces_what_is_less_or_missing_only(table: Table) -> None:
    table.put(item(seq=5), Below("seq", 5))
    with pytest.raises(ConditionError):
        table.put(item(seq=5), Below("seq", 5))
    with pytest.raises(ConditionError):
        table.put(item(seq=4), Below("seq", 4))
    table.put(item(seq=6), Below("seq", 6))
    assert table.get(KEY) == item(seq=6)


def test_present_below_replaces_what_is_there_and_less_only(table: Table) -> None:
    for missing in (None, item(other=1)):
        if missing:
            table.put(missing)
        with pytest.raises(ConditionError) as refused:
            table.update(KEY, assign={"seq": 5}, condition=PresentBelow("seq", 5))
        assert refused.value.item == missing
    table.put(item(seq=4))
    assert table.update(KEY, assign={"seq": 5}, condition=PresentBelow("seq", 5)) == item(seq=5)
    with pytest.raises(ConditionError):
        table.update(KEY, assign={"seq": 5}, condition=PresentBelow("seq", 5))


def test_equal_holds_for_the_same_value_only(table: Table) -> None:
    with pytest.raises(ConditionError) as refused:
        table.delete(KEY, Equal("owner", "ada"))
    assert refused.value.item is None
    table.put(item(owner="ada"))
    with pytest.raises(ConditionError):
        table.delete(KEY, Equal("owner", "grace"))
    assert table.delete(KEY, Equal("owner", "ada")) == item(owner="ada")


def test_an_update_makes_the_item_and_returns_it_whole(table: Table) -> None:
    assert table.update(KEY, add={"seq": 1}, assign={"at": 10}) == item(seq=1, at=10)
    assert table.update(KEY, add={"seq": 2}, assign={"at": 20, "by": "ada"}) == item(seq=3, at=20, by="ada")


def test_an_update_keeps_its_condition(table: Table) -> None:
    with pytest.raises(ConditionError):
        table.update(KEY, assign={"at": 1}, condition=Present())
    assert table.get(KEY) is None


def test_a_delete_returns_what_it_removed(table: Table) -> None:
    table.put(item(text="x"))
    assert table.delete(KEY) == item(text="x")
    assert table.delete(KEY) is None
    with pytest.raises(ConditionError):
        table.delete(KEY, Present())


def test_deleting_many_removes_them_and_does_not_mind_missing_ones(table: Table) -> None:
    for number in range(30):
        table.put(item(f"{number:02}"))
    table.delete_many([("p", f"{number:02}") for number in range(0, 40, 2)])
    (page,) = table.query(Query("p"))
    assert [found["sk"] for found in page.items] == [f"{number:02}" for number in range(1, 30, 2)]


def test_deleting_many_leaves_those_of_which_the_condition_does_not_hold(table: Table) -> None:
    for number in range(10):
        table.put({**item(f"{number}"), "version": number % 2})
    table.delete_many([("p", f"{number}") for number in range(12)], Equal("version", 1))
    (page,) = table.query(Query("p"))
    assert [found["sk"] for found in page.items] == ["0", "2", "4", "6", "8"]


def test_getting_many_returns_those_that_exist(table: Table) -> None:
    table.put(item("a"))
    table.put(item("c"))
    found = table.get_many([("p", "a"), ("p", "b"), ("p", "c")])
    assert sorted(each["sk"] for each in found) == ["a", "c"]


def test_getting_none_is_nothing(table: Table) -> None:
    assert table.get_many([]) == []


def test_a_query_is_in_key_order_and_in_its_bounds(numbered_table: Table) -> None:
    for number in (10, 2, 33, 4):
        numbered_table.put(item(number))
    numbered_table.put(item(5, pk="other"))
    pages = numbered_table.query(
        Query("p"),
        Query("p", first=4),
        Query("p", last=4),
        Query("p", first=3, last=10, consistent=True),
        Query("none"),
    )
    assert [[found["sk"] for found in page.items] for page in pages] == [
        [2, 4, 10, 33],
        [4, 10, 33],
        [2, 4],
        [4, 10],
        [],
    ]


def test_pages_of_a_limit_follow_each_other_without_overlap(table: Table) -> None:
    for number in range(7):
        table.put(item(f"{number}"))
    seen: list[list[str]] = []
    (page,) = table.query(Query("p", limit=3))
    seen.append([found["sk"] for found in page.items])
    while page.end:
        (page,) = table.query(Query("p", limit=3, start=page.end))
        seen.append([found["sk"] for found in page.items])
    assert seen == [["0", "1", "2"], ["3", "4", "5"], ["6"]]


def test_a_descending_query_is_the_other_way_round_in_pages_too(numbered_table: Table) -> None:
    for number in range(1, 8):
        numbered_table.put(item(number))
    seen: list[list[int]] = []
    query = Query("p", last=6, limit=4, descending=True, consistent=True)
    (page,) = numbered_table.query(query)
    seen.append([found["sk"] for found in page.items])
    (page,) = numbered_table.query(Query("p", limit=4, start=page.end, descending=True))
    seen.append([found["sk"] for found in page.items])
    assert seen == [[6, 5, 4, 3], [2, 1]]


def test_a_sort_key_may_have_thirty_seven_digits(numbered_table: Table) -> None:
    large = 2**120
    for number in (large + 1, large - 1, large):
        numbered_table.put(item(number))
    (page,) = numbered_table.query(Query("p", first=large, last=large + 1))
    assert [found["sk"] for found in page.items] == [large, large + 1]
    assert numbered_table.get(("p", large - 1)) == item(large - 1)
    (page,) = numbered_table.query(Query("p", start=("p", large)))
    assert [found["sk"] for found in page.items] == [large + 1]


def test_getting_many_consistently_sees_what_was_just_stored(table: Table) -> None:
    table.put(item("a"))
    table.put(item("a", by="second"))
    assert table.get_many([KEY, ("p", "b")], consistent=True) == [item("a", by="second")]


def test_more_than_a_megabyte_takes_more_than_one_page(table: Table) -> None:
    for number in range(6):
        table.put(item(f"{number}", text="x" * 300_000))
    (page,) = table.query(Query("p"))
    count = len(page.items)
    assert page.end is not None
    while page.end:
        (page,) = table.query(Query("p", start=page.end))
        count += len(page.items)
    assert count == 6


def test_a_transaction_is_all_or_nothing(table: Table) -> None:
    table.put(item("b", by="first"))
    with pytest.raises(TransactionError) as refused:
        table.transact([Put(item("a"), Absent()), Put(item("b", by="second"), Absent()), Delete(("p", "c"), Present())])
    assert refused.value.conflicts == {1: item("b", by="first"), 2: None}
    assert table.get(KEY) is None
    table.transact([Put(item("a"), Absent()), Delete(("p", "b"), Present())])
    assert table.get(KEY) == item("a")
    assert table.get(("p", "b")) is None


def test_a_transaction_changes_single_attributes_where_their_conditions_hold(table: Table) -> None:
    table.put(item("a", role="member", read=5))
    table.transact([Assign(KEY, {"role": "owner"}, Present()), Assign(("p", "new"), {"role": "reader"})])
    assert table.get(KEY) == item("a", role="owner", read=5)
    assert table.get(("p", "new")) == item("new", role="reader")
    with pytest.raises(TransactionError) as refused:
        table.transact([Assign(("p", "new"), {"role": "member"}), Assign(KEY, {"role": "x"}, Equal("role", "member"))])
    assert refused.value.conflicts == {1: item("a", role="owner", read=5)}
    assert table.get(("p", "new")) == item("new", role="reader")


def test_a_repeated_transaction_with_its_token_is_harmless(table: Table) -> None:
    writes = [Put(item("a"), Absent()), Put(item("b"), Absent())]
    table.transact(writes, token="t" * 32)
    table.transact(writes, token="t" * 32)
    assert table.get(KEY) == item("a")


def test_a_token_is_its_tables_own(table: Table, numbered_table: Table) -> None:
    table.transact([Put(item("a"), Absent())], token="t" * 32)
    numbered_table.transact([Put(item(1), Absent())], token="t" * 32)
    assert numbered_table.get(("p", 1)) == item(1)


def test_many_items_are_stored_at_once_over_what_stood_there(table: Table) -> None:
    table.put(item("a", by="first"))
    table.put_many([item(sk, by="many") for sk in ("a", "b", "c")])
    (page,) = table.query(Query("p"))
    assert page.items == [item(sk, by="many") for sk in ("a", "b", "c")]
    table.put_many([])


def test_a_page_that_is_as_long_as_its_limit_does_not_say_that_it_is_the_last(table: Table) -> None:
    table.put_many([item(f"{number}") for number in range(3)])
    (page,) = table.query(Query("p", limit=3))
    assert (len(page.items), page.end) == (3, ("p", "2"))
    (page,) = table.query(Query("p", limit=3, start=page.end))
    assert (page.items, page.end) == ([], None)


def test_a_page_may_start_behind_what_is_not_there(table: Table) -> None:
    table.put_many([item(sk) for sk in ("a", "c", "e")])
    (page,) = table.query(Query("p", first="a", last="d", start=("p", "b")))
    assert [found["sk"] for found in page.items] == ["c"]


def test_many_operations_take_as_many_as_they_say(table: Table) -> None:
    keys = [("p", f"{number:03}") for number in range(100)]
    table.transact([Put({"pk": pk, "sk": sk}, Absent()) for pk, sk in keys])
    assert len(table.get_many(keys, consistent=True)) == 100
    assert [len(page.items) for page in table.query(*(Query("p", sk, sk) for _, sk in keys))] == [1] * 100
    table.delete_many(keys)
    table.put_many([{"pk": pk, "sk": sk} for pk, sk in keys])
    assert len(table.get_many(keys, consistent=True)) == 100


@pytest.mark.parametrize(
    "call",
    [
        lambda table: table.get(("", "a")),
        lambda table: table.put({"pk": "p", "sk": ""}),
        lambda table: table.get_many([KEY, KEY]),
        lambda table: table.get_many([("p", f"{number}") for number in range(101)]),
        lambda table: table.query(Query("p", first="b", last="a")),
        lambda table: table.query(Query("p", first="b", last="d", start=("p", "e"))),
        lambda table: table.transact([]),
        lambda table: table.transact([Put(item("a")), Delete(KEY)]),
        lambda table: table.transact([Put(item(f"{number}")) for number in range(101)]),
    ],
)
def test_what_dynamodb_takes_for_malformed_fails_in_the_simulation_too(
    table: Table, call: Callable[[Table], object]
) -> None:
    with pytest.raises((DynamoDbError, MalformedCallError)):
        call(table)
