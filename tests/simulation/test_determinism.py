"""The same seed is the same run, whatever the process and its hashes; another seed is another run."""

from __future__ import annotations

import os
import subprocess
import sys

from simulation.runs.case import make
from simulation.runs.play import play

PRINT_DIGEST = (
    "from simulation.runs.case import make; from simulation.runs.play import play; print(play(make(7)).digest)"
)


def digest(hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    ended = subprocess.run(
        [sys.executable, "-c", PRINT_DIGEST], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return ended.stdout.strip()


def test_two_processes_with_different_hashes_have_the_same_trace() -> None:
    assert digest("1") == digest("2") == play(make(7)).digest


def test_another_seed_is_another_run() -> None:
    assert play(make(8)).digest != play(make(7)).digest


def test_two_runs_of_one_process_are_the_same() -> None:
    first, second = play(make(3), traced=True), play(make(3), traced=True)
    assert first.trace.lines == second.trace.lines
    assert [diary.entries for diary in first.diaries] == [diary.entries for diary in second.diaries]
