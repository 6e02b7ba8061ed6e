"""Two tiers: what is found where, what is stale, what is waited for, and what happens when one of them is away."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.caching import invalidations, shared
from chat.caching.invalidations import LOOK_MS, MOST, Invalidation, Scope, ScopeKind
from chat.caching.kinds import Kind, Name
from chat.caching.memory import Entry, Memory
from chat.caching.tiers import CLAIM_MS, Kept, Tiers, Wanted
from simulation.cache import MemoryShared
from simulation.world import ManualClock

NUMBER = Kind("number", int, life_ms=60_000, capacity=3)
OTHER = replace(NUMBER, name="other")
ONE = NUMBER.of("lunch", "ada")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def common(clock: ManualClock) -> MemoryShared:
    return MemoryShared(clock)


@pytest.fixture
def here(clock: ManualClock, common: MemoryShared) -> Tiers:
    return Tiers(clock, common, pause=clock.pass_ms)


@pytest.fixture
def there(clock: ManualClock, common: MemoryShared) -> Tiers:
    """Another function instance."""
    return Tiers(clock, common, pause=clock.pass_ms)


def keep(tiers: Tiers, name: Name, value: int, version: str = "") -> None:
    tiers.keep(Kept(name, value, tiers.clock.now_ms(), version))


def value(tiers: Tiers, name: Name) -> int | None:
    entry = tiers.find_one(name)
    found: int | None = entry.value if entry else None
    return found


def declare(tiers: Tiers, kind: ScopeKind, what: str = "") -> None:
    """As an operator does."""
    assert tiers.shared
    line = invalidations.encode(Invalidation(Scope(kind, what), tiers.clock.now_ms()))
    everything = invalidations.encode(Invalidation(Scope("all"), tiers.clock.now_ms()))
    assert tiers.shared.append(line, life_ms=60_000, most=MOST, over=everything)


def test_what_one_instance_keeps_another_finds_and_then_has_it_itself(
    here: Tiers, there: Tiers, common: MemoryShared
) -> None:
    keep(here, ONE, 1)
    assert value(there, ONE) == 1
    trips = common.trips
    assert value(there, ONE) == 1
    assert common.trips == trips
    assert there.counts.take() == {"number.memory.miss": 1, "number.shared.hit": 1, "number.memory.hit": 1}


def test_a_value_lives_as_long_from_its_reading_in_whichever_tier(
    here: Tiers, there: Tiers, clock: ManualClock
) -> None:
    keep(here, ONE, 1)
    clock.pass_ms(NUMBER.life_ms - 1)
    assert value(there, ONE) == 1
    clock.pass_ms(1)
    assert value(there, ONE) is None
    assert value(here, ONE) is None


def test_several_names_are_one_round_trip_and_none_where_memory_has_them(here: Tiers, common: MemoryShared) -> None:
    keep(here, ONE, 1)
    here.find_one(ONE)  # the first look at the log
    common.trips = 0
    assert here.find_one(ONE)
    assert common.trips == 0
    assert here.find(*(Wanted(NUMBER.of(room)) for room in ("a", "b", "c"))) == [None, None, None]
    assert common.trips == 1


def test_a_version_that_is_not_accepted_is_stale_in_each_tier(here: Tiers, there: Tiers) -> None:
    keep(here, ONE, 1, version="a")
    assert there.find_one(ONE, lambda entry, _: entry.version == "b") is None
    assert here.find_one(ONE, lambda entry, _: entry.version == "b") is None
    assert there.counts.take() == {"number.memory.miss": 1, "number.shared.stale": 1}
    assert here.counts.take() == {"number.memory.stale": 1, "number.shared.stale": 1}


def test_what_is_accepted_may_go_by_what_was_found_before_it(here: Tiers, there: Tiers) -> None:
    first, second = NUMBER.of("first"), NUMBER.of("second")
    keep(here, first, 7)
    keep(here, second, 1, version="7")
    goes_with = Wanted(second, lambda entry, earlier: earlier[0] is not None and entry.version == str(earlier[0].value))
    assert [entry.value for entry in there.find(Wanted(first), goes_with) if entry] == [7, 1]
    keep(here, first, 8)
    there.memory.drop(first)
    assert [entry and entry.value for entry in there.find(Wanted(first), goes_with)] == [8, None]


def test_what_is_dropped_is_gone_for_all_who_do_not_hold_it(here: Tiers, there: Tiers) -> None:
    keep(here, ONE, 1)
    here.drop(ONE)
    assert value(here, ONE) is None
    assert value(there, ONE) is None


def test_without_a_shared_tier_there_is_memory(clock: ManualClock) -> None:
    alone = Tiers(clock)
    keep(alone, ONE, 1)
    assert value(alone, ONE) == 1
    assert alone.claim(ONE, "1")
    assert alone.counts.take() == {"number.memory.hit": 1}


def test_a_shared_tier_that_is_away_leaves_memory_alone(here: Tiers, common: MemoryShared) -> None:
    common.away = True
    keep(here, ONE, 1)
    assert value(here, ONE) == 1
    assert value(here, NUMBER.of("tea")) is None
    assert here.claim(ONE, "1")
    here.drop(ONE)
    assert value(here, ONE) is None


def test_bytes_of_another_kind_or_of_nothing_known_are_a_miss(here: Tiers, common: MemoryShared) -> None:
    for body in (b"", b"nonsense", shared.encode(Entry("text", 0, here.clock.now_ms() + 1_000))):
        common.write([shared.Value(shared.key_of(ONE), body, 60_000)])
        assert value(here, ONE) is None


def test_one_reads_for_all_and_the_others_find_what_it_left(here: Tiers, there: Tiers, clock: ManualClock) -> None:
    assert here.claim(ONE, "1")
    assert not there.claim(ONE, "1")
    assert there.claim(ONE, "2")

    def meanwhile(duration_ms: int) -> None:
        clock.pass_ms(duration_ms)
        keep(here, ONE, 1)

    there.pause = meanwhile
    found = there.await_other(Wanted(ONE))
    assert found is not None
    assert found.value == 1
    assert there.counts.take() == {"number.shared.waited": 1}


def test_who_reads_for_all_and_dies_keeps_the_others_waiting_for_a_moment_only(
    here: Tiers, there: Tiers, clock: ManualClock
) -> None:
    assert here.claim(ONE, "1")
    before_ms = clock.now_ms()
    assert there.await_other(Wanted(ONE)) is None
    assert clock.now_ms() - before_ms == 10
    clock.pass_ms(CLAIM_MS)
    assert there.claim(ONE, "1")


@pytest.mark.parametrize(
    ("kind", "what", "stale"),
    [
        ("room", "lunch", {"lunch/ada", "lunch/bob", "lunch/"}),
        ("user", "ada", {"lunch/ada", "tea/ada"}),
        ("prefix", "lun", {"lunch/ada", "lunch/bob", "lunch/"}),
        ("prefix", "t", {"tea/ada"}),
        ("all", "", {"lunch/ada", "lunch/bob", "lunch/", "tea/ada"}),
        ("room", "lun", set()),
    ],
)
def test_an_operators_word_makes_stale_what_it_names_everywhere(
    clock: ManualClock, common: MemoryShared, kind: ScopeKind, what: str, stale: set[str]
) -> None:
    wide = replace(NUMBER, capacity=100)
    names = [wide.of("lunch", "ada"), wide.of("lunch", "bob"), wide.of("lunch"), wide.of("tea", "ada")]
    instances = [Tiers(clock, common) for _ in range(3)]
    for name in names:
        keep(instances[0], name, 1)
    for name in names:
        assert value(instances[1], name) == 1
    clock.pass_ms(1_000)
    declare(instances[2], kind, what)
    clock.pass_ms(LOOK_MS)
    for instance in instances:
        assert {f"{name.room}/{name.user}" for name in names if value(instance, name) is None} == stale


def test_what_is_read_after_an_operators_word_is_believed(here: Tiers, clock: ManualClock) -> None:
    declare(here, "all")
    clock.pass_ms(LOOK_MS + invalidations.SKEW_MS)
    keep(here, ONE, 1)
    assert value(here, ONE) == 1


def test_whoever_writes_an_old_value_after_an_operators_word_gains_nothing(
    here: Tiers, there: Tiers, clock: ManualClock
) -> None:
    read_at_ms = clock.now_ms()
    clock.pass_ms(100)
    declare(here, "room", "lunch")
    there.keep(Kept(ONE, 1, read_at_ms))
    clock.pass_ms(LOOK_MS)
    assert value(here, ONE) is None
    assert value(there, ONE) is None


def test_the_log_is_looked_at_by_who_finds_everything_in_memory_too_but_not_each_time(
    here: Tiers, clock: ManualClock, common: MemoryShared
) -> None:
    keep(here, ONE, 1)
    here.find_one(ONE)
    common.trips = 0
    for _ in range(10):
        clock.pass_ms(1_000)
        assert value(here, ONE) == 1
    assert common.trips == 2


def test_more_words_than_the_log_takes_are_one_about_everything(here: Tiers, there: Tiers, clock: ManualClock) -> None:
    keep(here, ONE, 1)
    clock.pass_ms(1_000)
    for number in range(MOST + 1):
        declare(there, "room", f"other-{number}")
    clock.pass_ms(LOOK_MS)
    assert value(here, ONE) is None


def test_memory_is_bounded_by_kind_and_forgets_what_is_longest_unused() -> None:
    memory = Memory()
    names = [NUMBER.of(room) for room in "abc"]
    for name in (*names, OTHER.of("a")):
        memory.put(name, Entry(1, 0, 100), 0)
    assert memory.get(names[0], 0)
    memory.put(NUMBER.of("d"), Entry(1, 0, 100), 0)
    assert [memory.get(name, 0) is not None for name in names] == [True, False, True]
    assert memory.get(OTHER.of("a"), 0)


def test_a_kind_may_be_remembered_for_less_than_it_lives() -> None:
    briefly = Kind("briefly", int, life_ms=100, capacity=2, memory_ms=30)
    memory, name = Memory(), briefly.of("a")
    memory.put(name, Entry(1, 0, 100), 50)
    assert memory.get(name, 79)
    assert not memory.get(name, 80)
    memory.put(name, Entry(1, 0, 100), 90)
    assert not memory.get(name, 100)


@given(st.integers(-(2**60), 2**60), st.integers(0, 2**50), st.integers(0, 2**50), st.text())
def test_an_entry_comes_back_from_its_bytes(held: int, read_at_ms: int, until_ms: int, version: str) -> None:
    entry = Entry(held, read_at_ms, until_ms, version)
    assert shared.decode(NUMBER, shared.encode(entry)) == entry


@given(st.binary())
def test_no_bytes_break_a_reader(body: bytes) -> None:
    decoded = shared.decode(NUMBER, body)
    assert decoded is None or isinstance(decoded.value, int)


ROOMS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,8}", fullmatch=True)


@given(ROOMS, st.text(max_size=8), ROOMS, st.text(max_size=8))
def test_no_two_names_have_the_same_key(room: str, user: str, other_room: str, other_user: str) -> None:
    one, other = NUMBER.of(room, user), NUMBER.of(other_room, other_user)
    assert (one == other) == (shared.key_of(one) == shared.key_of(other))
    assert shared.key_of(one) != shared.key_of(OTHER.of(room, user))
