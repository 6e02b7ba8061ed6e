"""Seeds find nothing in what is deployed, and find each bug that is put into it."""

from __future__ import annotations

import pytest

from simulation import mutants
from simulation.__main__ import main
from simulation.mutants import MUTANTS, hunt
from simulation.paths import PATHS, reached

SLOW_SEEDS = 1_000


def test_a_few_dozen_seeds_find_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "30"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "30 seeds, 0 violations"


def test_a_bug_is_found_and_told_with_all_that_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    (seeded,) = [mutant.seeded for mutant in MUTANTS if mutant.name == "deleted text"]
    with seeded():
        assert main(["--seeds", "1", "--processes", "1"]) == 1
    told = capsys.readouterr().out
    assert "replay it: make simulate ARGS=--seed=0" in told
    assert told.splitlines()[-1].startswith("1 seeds, ")
    assert told.count(" delete in ") == 1


def test_one_seed_is_replayed_with_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seed", "2"]) == 0
    told = capsys.readouterr().out
    assert "heard r0" in told
    assert told.splitlines()[-1] == "1 seeds, 0 violations"


@pytest.mark.parametrize("arguments", [["--seeds", "0"], ["--seeds", "many"], ["--processes", "-1"]])
def test_what_is_no_number_of_seeds_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert "is no number from 1 on" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_many_seeds_find_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", str(SLOW_SEEDS), "--first", "1000"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"{SLOW_SEEDS} seeds, 0 violations"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_each_bug_is_found() -> None:
    assert mutants.main([]) == 0


@pytest.mark.parametrize(
    "name",
    [pytest.param("erased name", marks=pytest.mark.slow), "tombstone ignored", "client: any order", "client: new ids"],
)
def test_a_bug_is_found_within_a_few_seeds(name: str) -> None:
    assert hunt(name, seeds=20).first is not None


def test_a_crowd_that_talks_is_posted_to_by_slices_and_by_windows() -> None:
    hot, calm = reached(19), reached(2)
    assert {"slices", "together", "windows", "digest", "steps"} <= hot <= PATHS.keys()
    assert calm == {"direct"}
