"""Very many idle sockets on the local gateway: what they cost, counted in bytes and in CPU time, not by the clock."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from loadtest.load.machine import SPARE_FILES, files_allowed

ROOT = Path(__file__).resolve().parents[2]
MOST_PROCESSES = 16
TIME_S = 840


def hold(sockets: int, *options: str) -> dict[str, float]:
    """The figures of the program, which fails unless all sockets open and answer."""
    command = [sys.executable, "-m", "loadtest.idle_sockets", "--sockets", str(sockets), *options]
    subprocess.run(command, cwd=ROOT, check=True, timeout=TIME_S)
    figures: dict[str, float] = json.loads((ROOT / "build" / "idle-sockets.json").read_text())
    return figures


def test_sockets_are_held_and_still_answer() -> None:
    figures = hold(300, "--watch", "0.2", "--asked", "50")
    assert (figures["sockets"], figures["answered"], figures["gateways"]) == (300, 50, 1)


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.timeout(900)
def test_a_hundred_thousand_idle_sockets_cost_a_few_kib_each_and_next_to_no_cpu() -> None:
    sockets = 100_000
    if sockets / (files_allowed() - SPARE_FILES) > MOST_PROCESSES:
        pytest.skip(f"this machine allows a process {files_allowed():,} open files: too many processes would be needed")
    figures = hold(sockets)
    assert figures["answered"] >= 900
    assert figures["gateway_kib_a_socket"] < 8
    assert figures["client_kib_a_socket"] < 1
    assert figures["idle_cpu_percent"] < 10 * figures["gateways"]
