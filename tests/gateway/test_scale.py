"""Many idle sockets: what they cost, counted in bytes and in CPU time, not by the clock."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOCKETS = 10_000


@pytest.mark.slow
@pytest.mark.alone
def test_ten_thousand_idle_sockets_cost_a_few_kib_each_and_next_to_no_cpu() -> None:
    """The benchmark itself, whose server and client are processes of their own; it fails unless all sockets open."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < SOCKETS + 1_000:
        pytest.skip(f"this machine allows a process {hard} open files")
    subprocess.run(
        [sys.executable, "-m", "loadtest.gateway_bench", "--sockets", str(SOCKETS)], cwd=ROOT, check=True, timeout=200
    )
    measured = json.loads((ROOT / "build" / "gateway-bench.json").read_text())
    assert measured["sockets"] == SOCKETS
    gateway = measured["figures"]["gateway"]
    assert gateway["idle_kib_a_socket"] < 8
    assert gateway["idle_cpu_percent"] < 5
