"""Receipts: how many have read how far, who they are, and what telling a room costs."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.ports import Principal
from chat.storage import keys
from chat.storage.read_cursors import ReadCursors
from chat.storage.summaries import KEPT_ABOVE
from simulation.table import MemoryTable
from simulation.world import ManualClock, World
from tests.unit.crowds import ROOM, ask, crowd, posts, user, work_off


def say(world: World, count: int) -> None:
    for number in range(count):
        sent = ask(world, user(0), action="send", id=f"say-{number}", room=ROOM, text="hello")
        assert sent["type"] == "ack"
    world.sockets.received.clear()


def read(world: World, number: int, seq: int) -> None:
    assert ask(world, user(number), action="read", room=ROOM, seq=seq)["type"] == "ack"


def receipts(world: World, seq: int, **more: Any) -> dict[str, Any]:
    result: dict[str, Any] = ask(world, user(0), action="receipts", room=ROOM, seq=seq, **more)["result"]
    return result


def readers(world: World, seq: int, limit: int) -> Iterator[str]:
    """All who have read that far, page by page."""
    after = None
    while True:
        page = receipts(world, seq, limit=limit, after=after)
        assert len(page["readers"]) <= limit
        yield from (reader["user"]["id"] for reader in page["readers"])
        world.clock.pass_ms(1_000)
        after = page["after"]
        if after is None:
            return


def test_a_receipt_counts_who_has_read_at_least_that_far() -> None:
    world = crowd(4)
    say(world, 3)
    for number, seq in ((1, 3), (2, 1), (3, 2)):
        read(world, number, seq)
    assert [receipts(world, seq)["count"] for seq in (1, 2, 3, 4)] == [3, 2, 1, 0]
    (reader,) = receipts(world, 3)["readers"]
    assert reader == {"user": {"id": "u0001", "name": "U0001"}, "seq": 3, "read_at_ms": world.clock.now_ms()}


@pytest.mark.parametrize("size", [2, 10, 100, 1000])
def test_everybody_who_read_is_on_exactly_one_page(size: int) -> None:
    world = crowd(size)
    for number in range(size):
        world.services.notices.cursors.move(ROOM, Principal(user(number), user(number)), 1 + number % 2)
    assert receipts(world, 1)["count"] == size
    assert sorted(readers(world, 1, 50)) == [user(number) for number in range(size)]
    assert sorted(readers(world, 2, 7)) == [user(number) for number in range(1, size, 2)]


def test_a_cursor_never_moves_back() -> None:
    world = crowd(2)
    say(world, 3)
    read(world, 1, 3)
    read(world, 1, 1)
    assert receipts(world, 3)["count"] == 1


def test_who_leaves_is_counted_no_longer() -> None:
    world = crowd(3)
    say(world, 1)
    read(world, 1, 1)
    read(world, 2, 1)
    ask(world, user(1), action="leave", room=ROOM)
    assert receipts(world, 1)["count"] == 1


def test_a_read_that_races_with_a_removal_leaves_no_cursor_behind() -> None:
    """The membership is remembered here, and ended by another function instance."""
    world = crowd(2)
    say(world, 1)
    read(world, 1, 1)
    say(world, 1)
    world.rooms_table.items.pop(keys.user_room(user(1), ROOM))
    before = set(world.rooms_table.items)
    read(world, 1, 2)
    assert before - set(world.rooms_table.items) == {keys.read_cursor(ROOM, user(1))}
    assert not set(world.rooms_table.items) - before


def test_a_read_cut_off_between_its_two_writes_is_completed_by_its_repeat() -> None:
    world = crowd(2)
    say(world, 2)
    pk, sk = keys.read_cursor(ROOM, user(1))
    world.rooms_table.put({"pk": pk, "sk": sk, "user": user(1), "name": "U1", "seq": 2, "read_at_ms": 0})
    read(world, 1, 2)
    (listed,) = ask(world, user(1), action="rooms")["result"]["rooms"]
    assert listed["read_seq"] == 2


def test_a_read_takes_two_writes_and_claiming_the_room_a_third_once_a_second() -> None:
    world = crowd(3)
    say(world, 3)
    read(world, 1, 1)
    world.rooms_table.calls.clear()
    read(world, 1, 2)
    assert world.rooms_table.calls == ["put", "update"]
    world.clock.pass_ms(1_000)
    world.rooms_table.calls.clear()
    read(world, 1, 3)
    assert world.rooms_table.calls == ["put", "update", "put"]


@pytest.mark.parametrize(("size", "told"), [(2, 2), (10, 10), (100, 100), (1000, 0)])
def test_however_many_read_within_a_second_the_room_is_told_once(size: int, told: int) -> None:
    world = crowd(size)
    say(world, 1)
    for number in range(size):
        read(world, number, 1)
    assert posts(world) == 0
    assert world.notices_queue.delays_s == [2]
    assert work_off(world) == 1
    assert posts(world) == told
    if told:
        (event,) = world.sockets.heard("u0000-1", "receipts")
        assert [reader["user"]["id"] for reader in event["readers"]] == [user(number) for number in range(size)]


@pytest.mark.parametrize("size", [2, 10, 100])
def test_a_second_later_there_is_another_event(size: int) -> None:
    world = crowd(size)
    say(world, 3)
    for seq in (1, 2, 3):
        for number in range(size):
            read(world, number, seq)
        world.clock.pass_ms(1_000)
        work_off(world)
    assert posts(world) == 3 * size


def test_two_function_instances_tell_a_room_once() -> None:
    world = crowd(2)
    say(world, 1)
    read(world, 0, 1)
    world.services.notices.recent.hold(("receipts", ROOM), 0)  # the other instance remembers nothing
    read(world, 1, 1)
    assert work_off(world) == 1


def test_a_room_found_too_large_is_left_alone_for_a_minute() -> None:
    world = crowd(101)
    say(world, 3)
    read(world, 1, 1)
    work_off(world)
    for seq, passed_ms, asked in ((2, 59_000, 0), (3, 1_000, 1)):
        world.clock.pass_ms(passed_ms)
        read(world, 1, seq)
        assert work_off(world) == asked


def test_a_read_in_a_room_left_alone_costs_no_third_write_where_that_is_known() -> None:
    world = crowd(101)
    say(world, 5)
    read(world, 1, 1)
    work_off(world)
    writes = []
    for seq in (2, 3, 4):
        world.clock.pass_ms(1_000)
        world.rooms_table.calls.clear()
        read(world, 1, seq)
        writes.append(len([call for call in world.rooms_table.calls if call in {"put", "update"}]))
    assert writes == [3, 2, 2]


def test_nobody_is_told_of_a_read_that_moved_nothing() -> None:
    world = crowd(2)
    say(world, 1)
    read(world, 1, 1)
    work_off(world)
    world.clock.pass_ms(5_000)
    read(world, 1, 1)
    assert work_off(world) == 0


def test_members_only_see_receipts_and_only_pages_go_on() -> None:
    world = crowd(2)
    world.connect("eve")
    assert ask(world, "eve", action="receipts", room=ROOM, seq=1)["code"] == "not_a_member"
    for after in ("u0001", "8:u0001", "-1:u0001", "²:u", "1:"):
        assert ask(world, user(0), action="receipts", room=ROOM, seq=1, after=after)["code"] == "invalid_field"


def cursors(seqs: list[int]) -> tuple[MemoryTable, ManualClock, ReadCursors]:
    """A room in which somebody stands at each of the numbers."""
    table, clock = MemoryTable(), ManualClock()
    for number, seq in enumerate(seqs):
        pk, sk = keys.read_cursor(ROOM, user(number))
        table.items[pk, sk] = {"pk": pk, "sk": sk, "user": user(number), "name": "", "seq": seq, "read_at_ms": 0}
    return table, clock, ReadCursors(table, clock)


def test_a_large_room_is_counted_once_for_all_until_the_count_is_as_old_as_the_room_is_large() -> None:
    size = KEPT_ABOVE + 500
    table, clock, book = cursors([1] * size)
    assert book.count(ROOM, 1).readers == size
    table.calls.clear()
    clock.pass_ms(size - 1)
    kept = ReadCursors(table, clock).count(ROOM, 1)
    assert (kept.readers, clock.now_ms() - kept.as_of_ms, table.calls) == (size, size - 1, ["get"])
    clock.pass_ms(1)
    assert book.count(ROOM, 1).as_of_ms == clock.now_ms()
    assert table.calls == ["get", "get", "update", "query", "put"]


def test_while_one_counts_a_large_room_the_others_have_the_old_count() -> None:
    size = KEPT_ABOVE + 1
    table, clock, book = cursors([1] * size)
    counted = book.count(ROOM, 1)
    clock.pass_ms(size)
    key = keys.read_summary(ROOM)
    table.items[key]["fresh_until_ms"] += 30_000  # somebody has claimed it, and not finished
    assert book.count(ROOM, 1) == counted
    clock.pass_ms(30_000)
    assert book.count(ROOM, 1).as_of_ms == clock.now_ms()


def test_a_small_room_is_counted_exactly_each_time() -> None:
    table, _, book = cursors([*range(1, 301), *[300] * (KEPT_ABOVE - 300)])
    assert [book.count(ROOM, seq).readers for seq in (1, 2, 300, 301)] == [1000, 999, 701, 0]
    assert keys.read_summary(ROOM) not in table.items


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 2_000), min_size=KEPT_ABOVE + 1, max_size=KEPT_ABOVE + 400))
def test_in_a_large_room_a_count_is_low_by_less_than_half_a_percent(seqs: list[int]) -> None:
    table, _, book = cursors(seqs)
    for seq in (1, 2, 500, 1_000, 1_500, 1_900, 1_990, 2_000, 2_001):
        true = sum(each >= seq for each in seqs)
        assert true - len(seqs) / 200 < book.count(ROOM, seq).readers <= true
    assert len(table.items[keys.read_summary(ROOM)]["value"]) <= 301
