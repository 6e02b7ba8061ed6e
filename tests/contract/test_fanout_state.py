"""What delivery remembers of rooms and of the stage, in memory and on the emulator alike."""

from dataclasses import replace

import pytest

from chat.buckets import TokenBuckets
from chat.errors import UnavailableError
from chat.pace import RoomPace
from chat.planning import QUIET, Plan, Thresholds
from chat.ports import Present, Table
from chat.storage import keys
from chat.storage.connections import ConnectionRegistry
from chat.storage.fanout_settings import REMEMBERED_MS, FanoutSettings
from chat.storage.moves import Moves
from chat.storage.scaling import LOOK_MS, NOTHING, LimitSettings, Scaling, ScalingBook
from chat.storage.shapes import UNKNOWN, Shapes, home
from chat.storage.windows import LOST_MS, Cursor, Windows
from simulation.world import START_MS, ManualClock


def test_one_claims_a_window_and_the_others_learn_whether_its_tick_is_on_its_way(table: Table) -> None:
    windows = Windows(table)
    mine = windows.claim("lunch", START_MS, 40)
    assert (mine.until_ms, mine.enqueued) == (START_MS + 40, False)
    assert windows.claim("lunch", START_MS + 10, 40) == mine
    windows.mark_enqueued("lunch", mine)
    assert windows.claim("lunch", START_MS + 20, 40) == replace(mine, enqueued=True)
    windows.release("lunch", mine.until_ms)
    later = windows.claim("lunch", START_MS + 50, 40)
    assert (later.claimed_at_ms, later.enqueued) == (START_MS + 50, False)
    windows.release("lunch", mine.until_ms)  # an earlier tick, once more
    windows.mark_enqueued("lunch", mine)
    assert windows.claim("lunch", START_MS + 60, 40) == later


def test_a_window_that_nobody_ends_is_free_again(table: Table) -> None:
    windows = Windows(table)
    lost = windows.claim("lunch", START_MS, 40)
    assert windows.claim("lunch", lost.until_ms + LOST_MS, 40) == lost
    assert windows.claim("lunch", lost.until_ms + LOST_MS + 1, 40) != lost


def test_of_two_ticks_one_moves_the_cursor(table: Table) -> None:
    windows = Windows(table)
    assert windows.cursor("lunch") == Cursor()
    moved = Cursor(7, START_MS, ((5, START_MS),), START_MS + 1_000)
    assert [windows.advance("lunch", Cursor(), moved) for _ in range(2)] == [True, False]
    found = windows.cursor("lunch")
    assert found == replace(moved, version=1)
    assert [windows.advance("lunch", found, replace(found, seq=9)) for _ in range(2)] == [True, False]
    assert windows.cursor("lunch").seq == 9


def test_of_two_who_begin_to_look_at_a_room_one_does(table: Table) -> None:
    shapes = Shapes(table)
    assert shapes.find("lunch") == shapes.recall("lunch", START_MS) == UNKNOWN
    asked = replace(UNKNOWN, plan=Plan("coalesced", "digest", 1_000), seq=7, seq_at_ms=START_MS)
    assert [shapes.begin_review("lunch", asked, START_MS, not_since_ms=START_MS - 5) for _ in range(2)] == [True, False]
    begun = shapes.find("lunch")
    assert begun == shapes.remembered("lunch", START_MS) == replace(asked, reviewed_at_ms=START_MS)
    grown = replace(begun, readable=4, online=350, plan=QUIET, told="digest", reviewed_at_ms=START_MS + 1)
    assert [shapes.settle("lunch", begun, grown, START_MS) for _ in range(2)] == [True, False]
    assert shapes.find("lunch") == grown
    small = replace(grown, readable=1, reviewed_at_ms=START_MS + 2)
    assert shapes.settle("lunch", grown, small, START_MS)
    assert shapes.find("lunch") == small


def test_the_shape_comes_with_the_subscribers_and_is_none_of_them(table: Table) -> None:
    registry = ConnectionRegistry(table)
    for name in ("a", "b", "c"):
        registry.subscribe(name, "lunch", name, START_MS)
    registry.shapes.begin_review("lunch", UNKNOWN, START_MS, not_since_ms=START_MS)
    shape, (part,) = registry.look("lunch", 3, START_MS)
    assert (shape.reviewed_at_ms, part.connections) == (START_MS, ["a", "b", "c"])
    assert [part.connections for part in registry.slices("lunch", 0, 2, 9)] == [["a", "b"], ["c"]]


def test_rows_move_to_their_shard_and_leave_the_old_one_later(table: Table) -> None:
    registry, moves = ConnectionRegistry(table), Moves(table)
    names = [f"c{number}" for number in range(8)]
    for name in names:
        registry.subscribe(name, "lunch", name, START_MS)
    doubled = replace(UNKNOWN, shards=2, readable=2)
    census = moves.count("lunch", doubled)
    assert {row["connection"] for row in census.misplaced} == {name for name in names if home(name, 2) == 1}
    moves.carry_out(census, doubled, START_MS)
    between = moves.count("lunch", doubled)
    assert (between.online, between.misplaced, len(between.moved)) == (8, [], len(census.misplaced))
    moves.carry_out(between, doubled, START_MS + 60_001)
    assert moves.count("lunch", doubled).settled
    for name in names:
        registry.unsubscribe(name, "lunch")
    assert moves.count("lunch", doubled).online == 0


def test_thresholds_change_for_everybody_within_seconds(table: Table) -> None:
    clock, book = ManualClock(), ScalingBook(table)
    mine, other = (FanoutSettings(table, clock, Thresholds(direct=50)) for _ in range(2))
    assert mine.recall() == mine.known == Thresholds(direct=50)
    assert book.current() == NOTHING
    assert book.store(Scaling(version=1, thresholds={"coalesce": 500}, operator="olga", why="a party"))
    assert not book.store(Scaling(version=1, thresholds={"coalesce": 600}))
    assert mine.recall() == Thresholds(direct=50)
    clock.pass_ms(REMEMBERED_MS)
    assert mine.recall() == other.recall() == Thresholds(direct=50, coalesce=500)
    assert book.store(Scaling(version=2))
    clock.pass_ms(REMEMBERED_MS)
    assert other.recall() == Thresholds(direct=50)
    assert [scaling.version for scaling in book.newest(10)] == [2, 1]
    assert book.find(1) == Scaling(version=1, thresholds={"coalesce": 500}, operator="olga", why="a party")
    assert (book.find(0), book.find(3)) == (NOTHING, None)


def test_limits_change_for_every_instance_within_seconds_and_back(table: Table) -> None:
    clock, book = ManualClock(), ScalingBook(table)
    limits, buckets, pace = LimitSettings(table, clock), TokenBuckets(20, 60), RoomPace(500)
    book.store(Scaling(version=1, limits={"user_rate_per_s": 1, "user_burst": 2, "room_rate_per_s": 3}))
    limits.follow(buckets, pace)
    assert (buckets.rate_per_s, buckets.burst) == (20, 60)
    clock.pass_ms(LOOK_MS)
    limits.follow(buckets, pace)
    assert (buckets.rate_per_s, buckets.burst) == (1, 2)
    assert [buckets.take("ada", 1, 0) for _ in range(3)] == [0, 0, 1_000]
    book.store(Scaling(version=2))
    clock.pass_ms(LOOK_MS)
    limits.follow(buckets, pace)
    assert (buckets.rate_per_s, buckets.burst) == (20, 60)


def test_thresholds_that_can_not_be_read_leave_those_of_before_in_force(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock()
    settings = FanoutSettings(table, clock, Thresholds())
    ScalingBook(table).store(Scaling(version=1, thresholds={"direct": 50}))
    assert settings.recall().direct == 50
    table.update(keys.FANOUT, assign={"values": {"direct": 1}}, condition=Present())
    clock.pass_ms(REMEMBERED_MS)
    assert settings.recall().direct == 50

    def unavailable(*_: object, **__: object) -> None:
        raise UnavailableError("down")

    monkeypatch.setattr(table, "get", unavailable)
    clock.pass_ms(REMEMBERED_MS)
    assert settings.recall().direct == 50
