"""Jobs of maintenance: they mend what is broken, leave alone what is not, and go on where they were cut off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from chat.passages import OvertakenError, Passage
from chat.ports import Item
from chat.storage import keys
from chat.storage.connections import ConnectionRegistry
from chat.storage.maintenance import MaintenanceRuns, Run
from chat.terms import FILE
from operations import maintain
from operations.maintenance import table_pages
from operations.maintenance.cursors import CompactCursors
from operations.maintenance.sockets import YOUNG_MS, SweepSockets
from operations.maintenance.table_pages import Pages
from operations.maintenance.words import SETTLE_S, CompactWords, Reindex
from operations.pace import Pace
from operations.stage import Stage
from simulation.table import MemoryTable
from simulation.world import CountedIds, ManualClock, World
from tests.unit.aftermath import ask, hear
from tests.unit.backup_stage import BackupStage, backup_stage


@pytest.fixture
def world() -> World:
    """Ada, Bob and Eve have talked and read, and have the room open."""
    world = World()
    for user in ("ada", "bob", "eve"):
        world.connect(user)
    ask(world, "ada", action="create", title="Lunch", room="lunch", members=["bob", "eve"])
    for user in ("ada", "bob", "eve"):
        ask(world, user, action="subscribe", room="lunch")
        ask(world, user, action="send", room="lunch", text=f"soup of {user}")
    ask(world, "bob", action="read", room="lunch", seq=3)
    ask(world, "eve", action="read", room="lunch", seq=2)
    hear(world)
    return world


def page_of(table: MemoryTable) -> list[Item]:
    return [dict(item) for item in table.items.values()]


def open_sockets(*alive: str) -> Any:
    return lambda names: {name: name in alive for name in names}


def test_a_socket_that_nobody_knows_any_more_is_closed_and_the_others_stay(world: World) -> None:
    table, clock = world.connections_table, world.clock
    before = page_of(table)
    clock.pass_ms(2 * YOUNG_MS)
    job = SweepSockets(table, open_sockets("ada-1", "bob-1"), clock.now_ms)
    assert +job.work(before) == Counter(sockets=1)
    assert not [key for key in table.items if "eve-1" in f"{key}"]
    assert +job.work(page_of(table)) == Counter()
    assert ConnectionRegistry(table).of_user("ada") == ["ada-1"]
    assert [row for row in page_of(table) if row.get("connection") == "bob-1"] == [
        row for row in before if row.get("connection") == "bob-1"
    ]


def test_a_socket_that_came_a_moment_ago_is_not_asked_about(world: World) -> None:
    def alive(names: Sequence[str]) -> dict[str, bool]:
        raise AssertionError(names)

    assert (
        +SweepSockets(world.connections_table, alive, world.clock.now_ms).work(page_of(world.connections_table))
        == Counter()
    )


def test_rows_of_a_socket_without_a_row_of_its_own_go(world: World) -> None:
    table = world.connections_table
    table.delete(keys.connection("eve-1"))
    job = SweepSockets(table, open_sockets("ada-1", "bob-1"), world.clock.now_ms)
    assert +job.work(page_of(table)) == Counter(strays=3)
    assert not [key for key in table.items if "eve-1" in f"{key}"]
    assert keys.subscription("lunch", 0, "ada-1") in table.items


def test_a_cursor_of_who_left_goes_and_those_of_members_stay(world: World) -> None:
    table = world.rooms_table
    for key in (keys.member("lunch", "bob"), keys.user_room("bob", "lunch")):
        table.delete(key)
    assert +CompactCursors(table).work(page_of(table)) == Counter(cursors=1)
    assert keys.read_cursor("lunch", "bob") not in table.items
    assert keys.read_cursor("lunch", "eve") in table.items
    assert +CompactCursors(table).work(page_of(table)) == Counter()


def test_a_cursor_that_moved_meanwhile_stays(world: World) -> None:
    table = world.rooms_table
    seen = page_of(table)
    table.delete(keys.member("lunch", "bob"))
    table.items[keys.read_cursor("lunch", "bob")]["seq"] = 9
    assert +CompactCursors(table).work(seen) == Counter()


def test_what_the_stream_lost_is_found_again(world: World) -> None:
    messages, rooms = world.messages_table, world.rooms_table
    kept = {key: dict(item) for key, item in {**messages.items, **rooms.items}.items()}
    lost = [key for key in messages.items if key[0].startswith("w#")] + [
        key for key in rooms.items if key[0].startswith("traces#")
    ]
    assert len(lost) > 9
    for key in lost:
        (messages if key in messages.items else rooms).delete(key)
    job = Reindex(messages, world.accounts.office)
    assert job.work(page_of(messages)) == Counter(messages=3)
    assert {**messages.items, **rooms.items} == kept
    job.work(page_of(messages))
    assert {**messages.items, **rooms.items} == kept
    assert ask(world, "ada", action="search", room="lunch", query="soup eve")["result"]["messages"][0]["seq"] == 3


def test_reindexing_beside_an_edit_leaves_no_word_of_the_old_text(world: World) -> None:
    seen = page_of(world.messages_table)
    ask(world, "eve", action="edit", room="lunch", seq=3, text="salad")
    Reindex(world.messages_table, world.accounts.office).work(seen)
    assert keys.term("lunch", "soup", 3) not in world.messages_table.items
    assert keys.term("lunch", "salad", 3) in world.messages_table.items


def test_words_that_find_nothing_go_once_that_is_certain(world: World) -> None:
    table, pauses = world.messages_table, list[float]()
    for word, seq in (("salad", 3), ("soup", 99)):
        pk, sk = keys.term("lunch", word, seq)
        table.put({"pk": pk, "sk": sk})
    before = len(table.items)
    assert +CompactWords(table, pauses.append).work(page_of(table)) == Counter(words=2)
    assert (len(table.items), pauses) == (before - 2, [SETTLE_S])
    assert +CompactWords(table, pauses.append).work(page_of(table)) == Counter()
    assert pauses == [SETTLE_S]


def test_what_files_are_listed_by_is_found_again_and_stays(world: World) -> None:
    table = world.messages_table
    table.items[keys.message("lunch", 3)].update(kind="image", text="")
    Reindex(table, world.accounts.office).work(page_of(table))
    CompactWords(table, lambda _: None).work(page_of(table))
    assert keys.term("lunch", FILE, 3) in table.items
    assert keys.term("lunch", "soup", 3) not in table.items


def test_words_of_an_edit_that_is_under_way_stay(world: World) -> None:
    table = world.messages_table
    pk, sk = keys.term("lunch", "salad", 3)
    table.put({"pk": pk, "sk": sk})

    def pause(_: float) -> None:
        table.items[keys.message("lunch", 3)]["text"] = "salad of eve"

    job = CompactWords(table, pause)
    assert +job.work([item for item in page_of(table) if item["pk"] == pk]) == Counter()
    assert (pk, sk) in table.items


class Looking:
    """A job that counts, and fails once at a row."""

    name, table = "looking", "messages"

    def __init__(self, fails_at: int | None = None) -> None:
        self.seen: list[Any] = []
        self._fails_at = fails_at

    def work(self, page: Sequence[Item]) -> Counter[str]:
        if self._fails_at is not None and len(self.seen) + len(page) > self._fails_at:
            raise RuntimeError("out of order")
        self.seen += [(row["pk"], row["sk"]) for row in page]
        return Counter(rows=len(page))


@pytest.fixture
def runs() -> MaintenanceRuns:
    return MaintenanceRuns(MemoryTable())


def passage(runs: MaintenanceRuns, clock: ManualClock | None = None, looked: list[int] | None = None) -> Passage:
    counts = looked if looked is not None else []
    return Passage(runs=runs, clock=clock or ManualClock(), ids=CountedIds(), report=counts.append)


def pages(stage: BackupStage) -> Pages:
    return Pages(stage.client("dynamodb"), "messages", Pace(None))


def test_a_job_that_failed_says_why_and_goes_on_where_it_was(
    world: World, runs: MaintenanceRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_pages, "PAGE", 4)
    with backup_stage() as stage:
        stage.fill(world)
        everything = set(stage.rows("messages"))
        first, second = Looking(fails_at=8), Looking()
        with pytest.raises(RuntimeError, match="out of order"):
            passage(runs).carry_out(first, pages(stage))
        broken = runs.find("looking")
        assert broken
        assert (broken.state, broken.looked_at, broken.last_error) == ("failed", 8, "RuntimeError: out of order")
        looked: list[int] = []
        run = passage(runs, looked=looked).carry_out(second, pages(stage))
    assert (run.state, run.id, run.last_error) == ("done", broken.id, "")
    assert sorted(first.seen + second.seen) == sorted(everything)
    assert run.done == {"rows": len(everything)}
    assert (run.looked_at, run.total, sum(looked)) == (len(everything), len(everything), len(everything))
    assert runs.find("looking") == run


def test_a_finished_job_begins_again_and_one_that_was_cut_off_does_when_it_is_told_to(
    world: World, runs: MaintenanceRuns
) -> None:
    with backup_stage() as stage:
        stage.fill(world)
        first = passage(runs).carry_out(Looking(), pages(stage))
        again = Passage(runs=runs, clock=ManualClock(), ids=Named("second"), report=lambda _: None)
        second = again.carry_out(Looking(), pages(stage))
        runs.report(Run(**{**vars(second), "state": "running", "looked_at": 4}))
        anew = Passage(runs=runs, clock=ManualClock(), ids=Named("third"), report=lambda _: None)
        third = anew.carry_out(Looking(), pages(stage), anew=True)
    assert [run.id for run in (second, third)] == ["second", "third"]
    assert first.looked_at == second.looked_at == third.looked_at


class Named(CountedIds):
    """Gives one id."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def new(self) -> str:
        return self._name


def test_whoever_was_overtaken_stops(world: World, runs: MaintenanceRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_pages, "PAGE", 4)

    class Overtaken(Looking):
        def work(self, page: Sequence[Item]) -> Counter[str]:
            standing = runs.find("looking")
            runs.begin(Run(id="other", job="looking", started_at_ms=1, updated_at_ms=1), standing)
            return super().work(page)

    with backup_stage() as stage:
        stage.fill(world)
        with pytest.raises(OvertakenError, match="begun anew by somebody else"):
            passage(runs).carry_out(Overtaken(), pages(stage))
    standing = runs.find("looking")
    assert standing
    assert (standing.id, standing.state) == ("other", "running")


def test_a_run_is_told_in_one_line() -> None:
    run = Run(id="1", job="reindex", started_at_ms=0, updated_at_ms=1_790_000_000_000, looked_at=1_000, total=4_000)
    assert maintain.told(run) == (
        "reindex: running at 2026-09-21 14:13:20+00:00, 1,000 of about 4,000 rows looked at: nothing to mend"
    )
    done = Run(**{**vars(run), "state": "done", "done": {"messages": 12, "changes": 3}})
    assert maintain.told(done).endswith(
        "done at 2026-09-21 14:13:20+00:00, 1,000 rows looked at: 3 changes, 12 messages"
    )


@pytest.mark.parametrize(
    "options",
    ["", "reindex", "--stage local dust", "--stage local --units 5", "--stage local --anew", "reindex --units 0"],
)
def test_what_makes_no_sense_is_refused_with_status_2_before_anybody_is_asked(
    options: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stage, "find", pytest.fail)
    with pytest.raises(SystemExit) as ended:
        maintain.main(options.split())
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err
