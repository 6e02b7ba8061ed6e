"""The stage looks for media that nothing refers to before it removes any, in slices, and not more than is likely."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from chat import signals
from chat.aws import orphaned_media
from chat.orphans.collecting import COLLECTION, DRY_RUN
from chat.orphans.weekly import EVERY_MS, HELD_ABOVE, Collection
from chat.passages import Passage
from chat.ports import Item
from chat.storage.maintenance import MaintenanceRuns, Run
from functions.ops import collect_media
from simulation.table import MemoryTable
from simulation.world import CountedIds, ManualClock


@dataclass
class Bucket:
    """Objects, of which some are orphaned, listed `page_size` at a time."""

    objects: list[str]
    orphaned: set[str]
    page_size: int = 100
    looked_at: list[str] = field(default_factory=list)

    def expected(self) -> None:
        """Nobody counts objects."""

    def page(self, cursor: Mapping[str, Any] | None) -> tuple[list[Item], Item | None]:
        behind = [name for name in sorted(self.objects) if not cursor or name > cursor["after"]]
        names = behind[: self.page_size]
        self.looked_at += names
        more = {"after": names[-1]} if len(behind) > len(names) else None
        return [{"key": name} for name in names], more


@dataclass
class Collecting:
    """Counts the orphaned objects of a page, and removes them where it is no dry run."""

    bucket: Bucket
    dry_run: bool
    fails: bool = False
    table: str = "bucket"

    @property
    def name(self) -> str:
        return DRY_RUN if self.dry_run else COLLECTION

    def work(self, page: Sequence[Item]) -> Counter[str]:
        if self.fails:
            raise OSError("S3 is away")
        gone = {row["key"] for row in page} & self.bucket.orphaned
        if not self.dry_run:
            self.bucket.objects = [name for name in self.bucket.objects if name not in gone]
        return Counter(variants=len(gone))


@dataclass
class Stage:
    """A bucket that is gone through, a page a slice at the least."""

    bucket: Bucket
    clock: ManualClock = field(default_factory=ManualClock)
    runs: MaintenanceRuns = field(default_factory=lambda: MaintenanceRuns(MemoryTable()))
    ids: CountedIds = field(default_factory=CountedIds)
    fails: bool = False
    page_a_slice: bool = False

    def slice(self) -> str:
        passage = Passage(
            runs=self.runs,
            clock=self.clock,
            ids=self.ids,
            report=lambda _rows: None,
            is_enough=lambda: self.page_a_slice,
        )
        job = lambda dry_run: Collecting(self.bucket, dry_run, fails=self.fails)  # noqa: E731
        self.clock.pass_ms(3_600_000)
        return Collection(runs=self.runs, passage=passage, job=job, pages=self.bucket).slice()

    def found(self, job: str) -> Run:
        run = self.runs.find(job)
        assert run
        return run


def stage(objects: int, orphaned: int) -> Stage:
    names = [f"media/lunch/m{number:04d}/480.webp" for number in range(objects)]
    return Stage(Bucket(names, set(names[:orphaned])))


def test_a_look_comes_first_and_what_it_has_found_is_removed_after_it() -> None:
    it = stage(200, 3)
    assert it.slice() == "look: done, 200 rows, 3 found"
    assert len(it.bucket.objects) == 200
    assert it.slice() == "remove: done, 200 rows, 3 found"
    assert len(it.bucket.objects) == 197
    assert it.slice() == "rest"


def test_where_nothing_is_found_nothing_is_gone_through_again_before_a_week_is_over() -> None:
    it = stage(20, 0)
    assert it.slice().startswith("look")
    assert [it.slice() for _ in range(3)] == ["rest"] * 3
    assert len(it.bucket.looked_at) == 20
    it.clock.pass_ms(EVERY_MS)
    assert it.slice().startswith("look")


def test_a_slice_goes_on_where_the_one_before_was_cut_off() -> None:
    it = stage(250, 3)
    it.page_a_slice = True
    assert [it.slice().partition(",")[0] for _ in range(6)] == [
        *("look: running", "look: running", "look: done"),
        *("remove: running", "remove: running", "remove: done"),
    ]
    assert len(it.bucket.objects) == 247


def test_what_fails_is_said_and_goes_on_at_the_next_hour() -> None:
    it = stage(20, 1)
    it.fails = True
    with pytest.raises(OSError, match="away"):
        it.slice()
    assert (it.found(DRY_RUN).state, it.found(DRY_RUN).last_error) == ("failed", "OSError: S3 is away")
    it.fails = False
    assert it.slice().startswith("look: done")


def test_more_than_is_likely_is_held_and_said_every_hour() -> None:
    it = stage(1_000, HELD_ABOVE + 1)
    assert it.slice().startswith("look")
    signals.take()
    assert [it.slice() for _ in range(2)] == ["hold"] * 2
    assert len(it.bucket.objects) == 1_000
    assert [(reading.name, reading.of, reading.values) for reading in signals.take()] == [
        ("MediaOrphans", "held", [2 * (HELD_ABOVE + 1)])
    ]


@pytest.mark.parametrize(("objects", "orphaned"), [(1_000, HELD_ABOVE), (4_000, 200)])
def test_what_is_little_or_a_small_part_is_not_held(objects: int, orphaned: int) -> None:
    it = stage(objects, orphaned)
    assert it.slice().startswith("look")
    assert it.slice().startswith("remove: done")
    assert len(it.bucket.objects) == objects - orphaned


def test_a_removal_that_an_operator_has_begun_is_gone_on_with_whatever_was_held() -> None:
    it = stage(1_000, 500)
    assert [it.slice().partition(":")[0] for _ in range(2)] == ["look", "hold"]
    run = Run(id="operator", job=COLLECTION, started_at_ms=it.clock.now_ms(), updated_at_ms=it.clock.now_ms())
    assert it.runs.begin(run, None)
    assert it.slice() == "remove: done, 1000 rows, 500 found"
    assert it.found(COLLECTION).id == "operator"
    assert it.slice() == "rest"


def test_a_look_that_an_operator_has_finished_counts() -> None:
    it = stage(20, 0)
    now_ms = it.clock.now_ms()
    operators = Run(id="operator", job=DRY_RUN, started_at_ms=now_ms, updated_at_ms=now_ms, state="done")
    assert it.runs.begin(operators, None)
    assert it.slice() == "rest"


def test_the_function_stops_while_there_is_time_for_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    left_ms = [900_000, 599_000]
    asked: list[bool] = []

    class Context:
        function_name = aws_request_id = invoked_function_arn = "collect"
        memory_limit_in_mb = 1_024

        def get_remaining_time_in_millis(self) -> int:
            return left_ms.pop(0)

    class Slices:
        def __init__(self, is_enough: Any) -> None:
            self._is_enough = is_enough

        def slice(self) -> str:
            asked.extend([self._is_enough(), self._is_enough()])
            return "rest"

    monkeypatch.setattr(orphaned_media, "collection", Slices)
    assert collect_media.handle({}, Context()) == {"step": "rest"}
    assert asked == [False, True]
