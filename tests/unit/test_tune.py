"""Which memory and batch are cheapest, by runs whose cost was computed by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from operations import tune
from operations.errors import UsageError

RUNS = """memory_mb,batch,duration_ms
512,1,99.2
512,1,100
1024,1,40
1024,10,200
"""


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    path = tmp_path / "runs.csv"
    path.write_text(RUNS)
    return path


def test_the_cheapest_choice_is_named_with_what_it_saves(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # 512 MB for 100 ms: 0.05 GB-s at $13.33/M and a call at $0.20/M are $0.8665/M; ten at 1 GB for 200 ms $0.2866/M.
    assert tune.main([str(runs), "--memory", "512", "--events", "100000000"]) == 0
    told = capsys.readouterr().out
    assert "0.866" in told
    assert "0.287" in told
    assert "1024 MB and batch 10 instead of 512 MB and 1: saves $57.99 a month." in told


def test_who_may_not_wait_gets_the_cheapest_in_time(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tune.main([str(runs), "--memory", "512", "--events", "1e8", "--within", "50"]) == 0
    assert "1024 MB and batch 1 instead of 512 MB and 1: saves $13.33 a month." in capsys.readouterr().out
    assert tune.main([str(runs), "--memory", "512", "--events", "1e8", "--within", "5"]) == 0
    assert "No choice ends within 5 ms" in capsys.readouterr().out


def test_what_is_best_already_is_left_alone(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tune.main([str(runs), "--memory", "1024", "--batch", "10", "--events", "1e8"]) == 0
    assert "are the cheapest" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "no rows with the columns"),
        ("memory_mb,batch,duration_ms\n64,1,5\n", "line 2: memory is 128"),
        ("memory_mb,batch,duration_ms\n512,1,soon\n", "line 2"),
        ("memory_mb,batch,duration_ms\n1024,1,5\n", "no run of 512 MB"),
    ],
)
def test_runs_that_can_t_be_compared_are_refused(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "runs.csv").write_text(text)
    assert tune.main([str(tmp_path / "runs.csv"), "--memory", "512", "--events", "1"]) == UsageError.status
    assert said in capsys.readouterr().err
