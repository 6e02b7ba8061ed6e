"""The audit of operators: a chain that nobody changes, shortens or reorders without its being seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from chat.days import DAY_MS
from chat.errors import UnavailableError
from chat.ports import ConditionError, Item, Page, Put, Query, TransactionError, Write
from chat.storage import keys
from chat.storage.audit import AuditTrail, Break, Deed, Link, Records, verify
from operations.audit import ReadTable, main, show
from simulation.table import MemoryTable

MORNING_MS = 1_790_000_000_000


def deed(number: int, at_ms: int = MORNING_MS) -> Deed:
    return Deed(f"deed-{number}", "olga", "cache.invalidate", f"room:{number}", "it was stale", at_ms + number)


@pytest.fixture
def table() -> MemoryTable:
    """Three deeds on one day, and two on the day after the next."""
    table = MemoryTable()
    trail = AuditTrail(table)
    for number in range(5):
        trail.add(deed(number, MORNING_MS + (2 * DAY_MS if number > 2 else 0)))
    return table


def rows(table: MemoryTable) -> list[Item]:
    return [item for (pk, _), item in sorted(table.items.items()) if pk.startswith("audit#2")]


def breaks(table: MemoryTable) -> list[Break]:
    return [found for found in verify(Records(table)) if isinstance(found, Break)]


def test_a_chain_that_nobody_touched_holds_over_days(table: MemoryTable) -> None:
    found = list(verify(Records(table)))
    assert [type(each) for each in found] == [Link] * 5
    assert [each.number for each in found] == [1, 2, 3, 1, 2]
    assert show(Records(table), since=None, head=None) == 0


@pytest.mark.parametrize("field", ["operator", "what", "about", "why", "at_ms", "id"])
def test_a_changed_record_is_found(table: MemoryTable, field: str) -> None:
    row = rows(table)[1]
    row[field] = 7 if field == "at_ms" else "somebody else"
    (found,) = breaks(table)
    assert (found.number, found.why) == (2, "what it says was changed")


def test_a_record_that_was_changed_with_its_hash_breaks_the_one_behind_it(table: MemoryTable) -> None:
    other = MemoryTable()
    trail = AuditTrail(other)
    trail.add(deed(0))
    forged = trail.add(Deed("deed-1", "nobody", "nothing", "", "", MORNING_MS + 1))
    rows(table)[1].update({"operator": "nobody", "what": "nothing", "about": "", "why": "", "hash": forged.hash})
    (found,) = breaks(table)
    assert (found.number, found.why) == (3, "what came before it was changed or removed")


def remove(table: MemoryTable, at: int) -> None:
    row = rows(table)[at]
    del table.items[row["pk"], row["sk"]]


def test_a_removed_record_is_missed(table: MemoryTable) -> None:
    remove(table, 1)
    (found,) = breaks(table)
    assert (found.number, found.why) == (3, "number 2 is missing before it")


def test_a_removed_day_is_missed_and_so_is_one_whose_word_is_gone_too(table: MemoryTable) -> None:
    day = rows(table)[0]["day"]
    for _ in range(3):
        remove(table, 0)
    assert [found.why for found in breaks(table)] == [
        "the day has no record any more",
        "what came before it was changed or removed",
    ]
    del table.items[keys.AUDIT_DAYS, day]
    assert [found.why for found in breaks(table)] == ["what came before it was changed or removed"]


def test_the_last_record_is_missed_by_who_has_its_line_of_the_log(table: MemoryTable) -> None:
    last = rows(table)[-1]
    head = f"{last['day']}/{last['number']}:{last['hash']}"
    assert show(Records(table), since=None, head=head) == 0
    remove(table, -1)
    assert breaks(table) == []
    assert show(Records(table), since=None, head=head) == 1


def test_records_that_changed_places_are_found(table: MemoryTable) -> None:
    first, second = rows(table)[:2]
    places = [(row["pk"], row["sk"]) for row in (first, second)]
    first["sk"], second["sk"] = second["sk"], first["sk"]
    table.items[places[0]], table.items[places[1]] = second, first
    assert [found.why for found in breaks(table)][:2] == ["it stands in another one's place"] * 2


def test_a_record_says_where_it_is_in_the_log(table: MemoryTable, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        link = AuditTrail(table).add(deed(9, MORNING_MS + 3 * DAY_MS))
    (line,) = [vars(record) for record in caplog.records if record.message == "deed"]
    assert (line["day"], line["number"], line["hash"]) == (link.day, link.number, link.hash)


def test_who_adds_at_the_same_moment_comes_behind_the_other(table: MemoryTable) -> None:
    class Late(MemoryTable):
        """Somebody else adds just before this one does, twice."""

        others = 2

        def transact(self, writes: Sequence[Write], *, token: str | None = None) -> None:
            if self.others:
                self.others -= 1
                AuditTrail(table).add(deed(20 + self.others, MORNING_MS + 2 * DAY_MS))
            super().transact(writes, token=token)

    late = Late()
    late.items = table.items
    assert AuditTrail(late).add(deed(30, MORNING_MS + 2 * DAY_MS)).number == 5
    assert breaks(table) == []


def test_who_can_not_add_says_so() -> None:
    class Busy(MemoryTable):
        def transact(self, writes: Any, *, token: str | None = None) -> None:  # noqa: ARG002
            raise TransactionError({0: None})

    with pytest.raises(UnavailableError):
        AuditTrail(Busy()).add(deed(1))


def test_a_record_is_put_over_no_other(table: MemoryTable) -> None:
    written: list[Put] = []

    class Watched(MemoryTable):
        def transact(self, writes: Any, *, token: str | None = None) -> None:
            written.extend(writes)
            super().transact(writes, token=token)

    watched = Watched()
    watched.items = table.items
    AuditTrail(watched).add(deed(9, MORNING_MS + 9 * DAY_MS))
    assert len(written) == 2
    for write in written:
        with pytest.raises(ConditionError):
            table.put(write.item, write.condition)


def test_a_clock_that_is_behind_adds_to_the_newest_day(table: MemoryTable) -> None:
    link = AuditTrail(table).add(deed(9, MORNING_MS))
    assert (link.day, link.number) == (rows(table)[-1]["day"], 3)
    assert breaks(table) == []


class Paged:
    """DynamoDB's client as far as it is asked, two items a page."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def query(self, **request: Any) -> dict[str, Any]:
        partition = request["ExpressionAttributeValues"][":pk"]["S"]
        start = request.get("ExclusiveStartKey", {}).get("sk", {}).get("S")
        page = self._table.query(Query(partition, limit=2, start=(partition, start) if start else None))[0]
        end = {"LastEvaluatedKey": {"pk": {"S": partition}, "sk": {"S": page.end[1]}}} if page.end else {}
        return {"Items": [{name: typed(value) for name, value in item.items()} for item in page.items], **end}


def typed(value: object) -> dict[str, str]:
    return {"N": str(value)} if isinstance(value, int) else {"S": str(value)}


def test_an_operator_reads_the_same_with_credentials_of_their_own(table: MemoryTable) -> None:
    pages: list[Page] = ReadTable(Paged(table), "rooms").query(Query(keys.audit_day(rows(table)[0]["day"])))
    assert pages[0].items == rows(table)[:2]
    assert [type(found) for found in verify(Records(ReadTable(Paged(table), "rooms")))] == [Link] * 5


def test_deeds_are_listed_from_a_day_on(table: MemoryTable, capsys: pytest.CaptureFixture[str]) -> None:
    assert show(Records(table), since=rows(table)[-1]["day"], head=None) == 0
    told = capsys.readouterr().out.splitlines()
    assert [("olga" in line, "room:" in line) for line in told[:-1]] == [(True, True)] * 2
    assert told[-1] == "5 deeds on 2 days hold, 0 breaks."


@pytest.mark.parametrize("arguments", [[], ["--stage", "dev", "--since", "yesterday"]])
def test_what_can_not_be_asked_so_is_said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err


def test_each_kind_of_tampering_ends_with_a_status_of_its_own(table: MemoryTable) -> None:
    tamper: list[Callable[[], None]] = [lambda: remove(table, 1), lambda: rows(table)[0].update({"why": "another"})]
    for each in tamper:
        each()
        assert show(Records(table), since=None, head=None) == 1
