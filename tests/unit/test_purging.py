"""What caches are told to forget: the fewest paths that are worth it, and no more in a day than the stage pays for."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from chat import signals
from chat.days import DAY_MS
from chat.purging import ALL_MEDIA, MOST_AT_ONCE, MOST_FILES, PurgeRefusedError, Purging, paths_of
from chat.storage.purge_budget import PurgeBudget
from simulation.world import World


@pytest.fixture
def world() -> World:
    signals.take()
    return World()


def purging(world: World, per_day: int) -> Purging:
    budget = PurgeBudget(world.rooms_table, per_day)
    return Purging(edge_cache=world.edge_cache, budget=budget, clock=world.clock)


def shown(room: str, *media: str) -> list[str]:
    return [f"media/{room}/{each}/{px}.webp" for each in media for px in (480, 960)]


def spent(world: World) -> tuple[int, int]:
    told = PurgeBudget(world.rooms_table, 1).spent(world.clock.now_ms())
    return told.paths, told.refused


def metrics() -> dict[tuple[str, str], list[float]]:
    return {(reading.name, reading.of): list(reading.values) for reading in signals.take()}


def test_a_file_is_one_path_for_all_its_forms() -> None:
    assert paths_of(shown("lunch", "m1", "m2")) == ["media/lunch/m1/*", "media/lunch/m2/*"]


def test_many_files_of_a_room_are_the_room() -> None:
    many = shown("lunch", *(f"m{number}" for number in range(MOST_FILES + 1)))
    assert paths_of([*many, *shown("tea", "m1")]) == ["media/lunch/*", "media/tea/m1/*"]


def test_more_paths_than_cloudfront_works_on_at_a_time_are_all_media() -> None:
    rooms = [f"room-{number}" for number in range(MOST_AT_ONCE + 1)]
    assert len(paths_of(key for room in rooms[1:] for key in shown(room, "m"))) == MOST_AT_ONCE
    assert paths_of(key for room in rooms for key in shown(room, "m")) == [ALL_MEDIA]


def test_nothing_is_asked_of_anybody_for_nothing(world: World) -> None:
    purging(world, 10).forget([])
    assert (world.edge_cache.forgotten, world.rooms_table.items) == ([], {})


def test_what_caches_are_told_is_counted_by_the_day(world: World) -> None:
    asked = purging(world, 10)
    for name in ("m1", "m2"):
        asked.forget(shown("lunch", name))
    assert spent(world) == (2, 0)
    found = metrics()
    assert (found["EdgePurges", "told"], found["PurgeBudget", ""]) == ([2], [10.0, 20.0])
    world.clock.pass_ms(DAY_MS)
    assert spent(world) == (0, 0)


def test_what_does_not_fit_the_budget_is_one_path_for_all_media(world: World) -> None:
    asked = purging(world, 3)
    asked.forget([*shown("lunch", "m1"), *shown("tea", "m1")])
    asked.forget([*shown("lunch", "m2"), *shown("tea", "m2")])
    assert world.edge_cache.forgotten == ["media/lunch/m1/*", "media/tea/m1/*", ALL_MEDIA]
    assert spent(world) == (3, 0)


def test_who_comes_when_the_budget_is_spent_is_told_so_and_may_come_again_tomorrow(world: World) -> None:
    asked = purging(world, 1)
    asked.forget(shown("lunch", "m1"))
    with pytest.raises(PurgeRefusedError, match=r"forget 1 paths today.*`purge_paths_per_day`"):
        asked.forget(shown("lunch", "m2"))
    assert world.edge_cache.forgotten == ["media/lunch/m1/*"]
    assert spent(world) == (1, 1)
    assert metrics()["EdgePurges", "refused"] == [1]
    world.clock.pass_ms(DAY_MS)
    asked.forget(shown("lunch", "m2"))
    assert world.edge_cache.forgotten == ["media/lunch/m1/*", "media/lunch/m2/*"]


def test_of_two_at_once_one_gets_what_is_left(world: World) -> None:
    budget = PurgeBudget(world.rooms_table, 1)

    class Meanwhile:
        """Somebody else comes while this one's paths are on their way."""

        def forget(self, _keys: Sequence[str]) -> None:
            with pytest.raises(PurgeRefusedError):
                purging(world, 1).forget(shown("tea", "m2"))

    Purging(edge_cache=Meanwhile(), budget=budget, clock=world.clock).forget(shown("lunch", "m1"))
    assert spent(world) == (1, 1)


def test_what_cloudfront_would_not_take_is_not_paid_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_keys: Sequence[str]) -> None:
        raise OSError("too many invalidations in progress")

    monkeypatch.setattr(world.edge_cache, "forget", refuse)
    with pytest.raises(OSError, match="too many"):
        purging(world, 5).forget(shown("lunch", "m1"))
    assert spent(world) == (0, 0)


def test_the_count_of_a_day_goes_by_itself(world: World) -> None:
    purging(world, 5).forget(shown("lunch", "m1"))
    (row,) = world.rooms_table.items.values()
    assert row["expires_at_s"] * 1000 > world.clock.now_ms() + DAY_MS
