"""The load test as a program, at a stage in this process: what it finds, what it says, how it ends."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from local.paths import ROOT
from tests.client.faults import Frame, Peer, Refuse
from tests.client.stage import until
from tests.unit.loaded_stage import LoadedStage

SCENARIO = """
from loadtest.load.scenario import Objective, Phase, Scenario, Storm

def scenario(options):
    return Scenario(
        summary="two rooms", users=options.users, rooms=2, follows=lambda device: (device % 2,), open_per_s=100,
        phases=(Phase(options.rate, options.seconds),), storms=STORMS, settle_s=5, audit_s=5,
        objectives=(Objective("violations", at_most=0), Objective("failed", at_most=0),
                    Objective("not_audited", at_most=0), Objective("sent", at_least=1)),
    )
"""
TIME_S = 60


class Program:
    """`python -m loadtest.load` with a folder for what it writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: asyncio.subprocess.Process

    async def start(self, url: str, *options: str, storms: str = "()") -> None:
        file = self.folder / "two_rooms.py"
        file.write_text(SCENARIO.replace("STORMS", storms))
        command = ["--url", url, "--scenario", str(file), "--output", str(self.folder / "out"), *options]
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "loadtest.load",
            *command,
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def end(self) -> tuple[int, str, str]:
        """Status, output, errors."""
        async with asyncio.timeout(TIME_S):
            output, errors = await self.process.communicate()
        return self.process.returncode or 0, output.decode(), errors.decode()

    def result(self) -> dict[str, Any]:
        (path,) = self.folder.glob("out/*/load.json")
        result: dict[str, Any] = json.loads(path.read_text())
        return result


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    program = Program(tmp_path)
    yield program
    if program.process.returncode is None:
        program.process.kill()
        await program.process.wait()


async def run(program: Program, stage: LoadedStage, *, storms: str = "()") -> tuple[int, str, str]:
    options = ("--users", "6", "--rate", "30", "--seconds", "2", "--processes", "2")
    await program.start(stage.url, *options, storms=storms)
    return await program.end()


async def test_a_good_stage_passes_and_everything_is_counted(program: Program) -> None:
    async with LoadedStage().serving() as stage:
        status, output, errors = await run(program, stage)
    assert status == 0, output + errors
    result = program.result()
    stored = sum(len(log) for log in stage.logs.values())
    assert result["passed"]
    assert result["counts"]["sent"] == result["counts"]["acked"] == result["checked"]["confirmed"] == stored > 20
    assert result["counts"]["delivered"] == 2 * stored  # three devices a room, and one of them is its sender
    assert result["metrics"]["deliver_p50_ms"] > 0
    assert (stage.opened, result["counts"]["opened"]) == (6, 6)
    assert {room.split("-")[-1] for room in stage.logs} == {"0", "1"}


async def test_lost_repeated_and_delayed_frames_lost_acks_refusals_and_cuts_are_no_violation(program: Program) -> None:
    async with LoadedStage().serving() as stage:
        stage.faults.lost, stage.faults.repeated, stage.faults.delay_s = 0.2, 0.1, 0.05
        seen: set[str] = set()
        refused: set[str] = set()

        def refuse_once(_peer: Peer, frame: Frame) -> None:
            if frame["action"] != "send" or frame["id"] in seen:
                return
            seen.add(frame["id"])
            if len(seen) % 4 == 0:  # every fourth post of the run, whatever its id
                refused.add(frame["id"])
                raise Refuse("slow_down", temporary=True, retry_after_ms=100)

        stage.faults.before = refuse_once
        status, output, errors = await run(program, stage, storms="(Storm(1),)")
    assert status == 0, output + errors
    result = program.result()
    assert result["counts"]["opened"] == 12
    assert result["counts"]["cut"] == 6
    # A refusal may be lost, too: then its command goes again as one that had no answer.
    assert 0 < result["counts"]["refused"] <= len(refused)
    assert result["counts"]["delivered again"] > 0
    assert result["counts"]["delivered by history"] + result["counts"].get("delivered by replay", 0) > 0


async def test_a_stage_that_acknowledges_what_it_does_not_store_fails(program: Program) -> None:
    async with LoadedStage(forgets=10).serving() as stage:
        status, output, _ = await run(program, stage)
    assert status == 1
    result = program.result()
    assert result["violations"]["voided"] + result["violations"]["lost"] > 0
    assert "FAILS  violations ≤ 0" in output
    (page,) = program.folder.glob("out/*/load.html")
    assert "Does not hold: violations ≤ 0" in page.read_text()


async def test_ctrl_c_ends_the_run_and_still_writes_what_was_measured(program: Program) -> None:
    async with LoadedStage().serving() as stage:
        await program.start(stage.url, "--users", "4", "--rate", "20", "--seconds", "600", "--processes", "2")
        # The acknowledgements of the last ones may still be on their way.
        await until(lambda: sum(len(log) for log in stage.logs.values()) > 15, TIME_S)
        program.process.send_signal(signal.SIGINT)
        status, output, errors = await program.end()
    result = program.result()
    assert status == 1, output + errors
    assert (result["run"]["interrupted"], result["passed"]) == (True, False)
    assert result["counts"]["acked"] > 5
    assert "Interrupted" in next(program.folder.glob("out/*/load.html")).read_text()


async def test_a_stage_without_the_built_in_issuer_asks_for_tokens_and_takes_them(program: Program) -> None:
    async with LoadedStage().serving() as stage:
        stage.sign_in_kind = "oidc"
        status, _, errors = await run(program, stage)
        assert (status, "--tokens" in errors) == (2, True)
        stage.tokens = [f"user-{number}-0" for number in range(6)]
        tokens = program.folder / "tokens"
        tokens.write_text("\n".join(stage.tokens[:5]))
        await program.start(stage.url, "--users", "6", "--tokens", str(tokens))
        status, _, errors = await program.end()
        assert (status, "5 tokens" in errors) == (2, True)
        tokens.write_text("\n".join(stage.tokens))
        await program.start(stage.url, "--users", "6", "--tokens", str(tokens), "--seconds", "1", "--rate", "20")
        status, output, errors = await program.end()
    assert status == 0, output + errors
    assert {peer.user for peer, _ in stage.frames} == {f"user-{number}" for number in range(6)}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--url", "ftp://x"), "is not the URL of a stage"),
        (("--url", "http://127.0.0.1:1"), "was answered with nothing"),
        (("--url", "http://127.0.0.1:1", "--scenario", "nope"), "There is no scenario 'nope'"),
        (("--url", "http://127.0.0.1:1", "--users", "0"), "--users"),
        (("--url", "http://127.0.0.1:1", "--seconds", "0"), "--seconds"),
        (("--url", "http://127.0.0.1:1", "--tokens", "/nowhere"), "/nowhere"),
    ],
    ids=["a URL", "nobody there", "a scenario", "users", "seconds", "tokens"],
)
async def test_what_cannot_be_run_is_said_and_ends_with_two(options: tuple[str, ...], said: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "loadtest.load", *options, cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(TIME_S):
        _, errors = await process.communicate()
    assert process.returncode == 2
    assert said in errors.decode()
    assert "Traceback" not in errors.decode()
