"""The load test at the running stack: nothing is lost, whatever the machine takes for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from loadtest.load.machine import SPARE_FILES, files_allowed
from local.paths import ROOT
from local.stack import LocalStack

SCENARIO = """
from loadtest.load.scenario import Objective, Phase, Scenario, Storm

def scenario(options):
    return Scenario(
        summary="ten users with five devices each, in five rooms", users=options.users // 5, devices=5,
        open_per_s=options.open_per_s, open_at_once=8, rooms=5, follows=lambda device: (device % 5,),
        phases=(Phase(options.rate, options.seconds),),
        objectives=(Objective("violations", at_most=0), Objective("failed", at_most=0),
                    Objective("not_audited", at_most=0), Objective("opened", at_least=options.users)),
    )
"""


def measure(stack: LocalStack, folder: Path, *options: str, timeout_s: float) -> dict[str, Any]:
    """The result of a run, which must pass."""
    command = [sys.executable, "-m", "loadtest.load", "--url", stack.api_url, "--output", str(folder), *options]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout_s, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (path,) = folder.glob("*/load.json")
    result: dict[str, Any] = json.loads(path.read_text())
    return result


@pytest.mark.slow
def test_fifty_devices_get_every_message_of_the_stack_once_and_in_order(stack: LocalStack, tmp_path: Path) -> None:
    scenario = tmp_path / "small.py"
    scenario.write_text(SCENARIO)
    options = ("--scenario", str(scenario), "--users", "50", "--rate", "5", "--seconds", "4")
    result = measure(stack, tmp_path / "out", *options, timeout_s=200)
    counts = result["counts"]
    assert counts["acked"] == counts["sent"] == result["checked"]["confirmed"] > 0
    assert counts["delivered"] == 9 * counts["acked"]  # ten devices a room, and one of them is its sender
    assert result["usd"] > 0


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.timeout(1_200)
def test_ten_thousand_sockets_are_open_at_the_stack_while_some_talk(stack: LocalStack, tmp_path: Path) -> None:
    """Each socket takes a ticket and four calls of functions: as fast as the machine lets them."""
    sockets = 10_000
    if files_allowed() < sockets + SPARE_FILES:  # of the gateway
        pytest.skip(f"this machine allows a process {files_allowed():,} open files, and the gateway needs {sockets:,}")
    options = ("--scenario", "idle", "--users", str(sockets), "--open-per-s", "50", "--rate", "2", "--seconds", "10")
    result = measure(stack, tmp_path, *options, timeout_s=1_100)
    assert max(second["open_sockets"] for second in result["seconds"]) == sockets
    assert result["counts"]["acked"] == result["counts"]["sent"] > 0
