"""What is kept beside memberships: cursors, turns, rates, reports and rules, in memory and on the emulator alike."""

import pytest

from chat.caching.tiers import Tiers
from chat.errors import InvalidFieldError
from chat.ports import Principal, Table
from chat.storage import keys
from chat.storage.rates import SAMPLED, SlowMode, UserRates
from chat.storage.read_cursors import ReadCursors
from chat.storage.reports import ReportBook, ReportRecord
from chat.storage.room_rules import RoomRules, RuleBook
from simulation.world import START_MS, ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def cursors(table: Table, clock: ManualClock) -> ReadCursors:
    for number in range(30):
        pk, sk = keys.user_room(f"user{number}", "lunch")
        table.put({"pk": pk, "sk": sk, "read_seq": 0})
    return ReadCursors(table, clock)


def reader(number: int) -> Principal:
    return Principal(f"user{number}", f"User {number}")


def test_a_cursor_moves_forward_on_both_sides_and_never_back(cursors: ReadCursors, table: Table) -> None:
    assert [cursors.move("lunch", reader(1), seq) for seq in (5, 5, 3, 6)] == [True, False, False, True]
    listed = table.get(keys.user_room("user1", "lunch"), consistent=True)
    assert listed is not None
    assert listed["read_seq"] == 6
    assert [(cursor.user, cursor.seq) for cursor in cursors.all_of("lunch", 100) or []] == [("user1", 6)]


def test_who_is_not_in_the_room_leaves_no_cursor(cursors: ReadCursors) -> None:
    assert not cursors.move("lunch", Principal("eve", "Eve"), 5)
    assert cursors.all_of("lunch", 100) == []


def test_a_move_that_was_cut_off_is_completed_by_the_next(cursors: ReadCursors, table: Table) -> None:
    pk, sk = keys.read_cursor("lunch", "user1")
    table.put({"pk": pk, "sk": sk, "user": "user1", "name": "User 1", "seq": 5, "read_at_ms": START_MS})
    assert cursors.move("lunch", reader(1), 5)


def test_readers_are_counted_and_paged(cursors: ReadCursors) -> None:
    for number in range(30):
        cursors.move("lunch", reader(number), number + 1)
    assert [cursors.count("lunch", seq).readers for seq in (1, 11, 30, 31)] == [30, 20, 1, 0]
    seen: list[str] = []
    after: str | None = None
    while True:
        page, after = cursors.page("lunch", 11, after, 7)
        seen += [cursor.user for cursor in page]
        if after is None:
            break
    assert sorted(seen) == sorted(f"user{number}" for number in range(10, 30))
    assert cursors.all_of("lunch", 29) is None
    with pytest.raises(InvalidFieldError):
        cursors.page("lunch", 1, "x", 7)


def test_of_several_who_could_tell_a_room_one_may_at_a_time(cursors: ReadCursors, clock: ManualClock) -> None:
    assert cursors.claim_notice("lunch", 1_000) == 0
    assert cursors.claim_notice("lunch", 1_000) == START_MS + 1_000
    clock.pass_ms(1_000)
    assert cursors.claim_notice("lunch", 1_000) == 0
    cursors.hold_notice("lunch", 60_000)
    clock.pass_ms(59_999)
    assert cursors.claim_notice("lunch", 1_000) == START_MS + 61_000


def test_a_turn_is_taken_once_and_again_by_the_same_command(table: Table) -> None:
    def claim(command_id: str, at_ms: int, user: str = "ada") -> int:
        return SlowMode(table).claim("lunch", user, command_id, slow_mode_s=10, now_ms=START_MS + at_ms)

    assert [claim("a", 0), claim("a", 4_000), claim("b", 4_000), claim("c", 9_999)] == [0, 0, 6_000, 1]
    assert claim("b", 4_000, "bob") == 0
    assert [claim("b", 10_000), claim("c", 10_000)] == [0, 10_000]


def test_posts_are_counted_by_the_minute_for_as_many_as_one_stands_for(table: Table) -> None:
    rates = UserRates(table, lambda: True)
    assert [rates.count("ada", START_MS) for _ in range(3)] == [SAMPLED, 2 * SAMPLED, 3 * SAMPLED]
    assert rates.count("ada", START_MS + 60_000) == SAMPLED
    assert UserRates(table, lambda: False).count("ada", START_MS) == 0


def test_a_message_is_reported_once_by_each_and_reports_are_paged_by_number(table: Table) -> None:
    book = ReportBook(table)
    records = [ReportRecord("lunch", seq, user, user, "spam", START_MS) for seq in (9, 10, 100) for user in ("a", "b")]
    assert [book.file(record) for record in reversed(records)] == [True] * 6
    assert not book.file(ReportRecord("lunch", 9, "a", "a", "again", START_MS))
    seen: list[ReportRecord] = []
    after: str | None = None
    while True:
        page, after = book.page("lunch", after, 4)
        seen += page
        if after is None:
            break
    assert seen == records
    for _ in range(2):
        book.withdraw("lunch", 10, "a")
    assert book.page("lunch", None, 10)[0] == [each for each in records if (each.seq, each.user) != (10, "a")]


def test_rules_change_one_by_one(table: Table, clock: ManualClock) -> None:
    book = RuleBook(table, Tiers(clock))
    assert book.find("lunch") == RoomRules()
    assert book.change("lunch", slow_mode_s=30, blocked_words=None) == RoomRules(30)
    changed = book.change("lunch", slow_mode_s=None, blocked_words=frozenset({"spam", "ham"}))
    assert changed == RoomRules(30, frozenset({"ham", "spam"}))
    assert RuleBook(table, Tiers(clock)).find("lunch") == changed
    assert RuleBook(table, Tiers(clock)).recall("lunch") == changed
