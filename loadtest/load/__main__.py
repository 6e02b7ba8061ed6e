"""Puts load on a stage: `python -m loadtest.load --url https://chat.example.com --users 100`, or `make load`.

Any stage: the one of `make dev` (`--url http://127.0.0.1:5173`), or one on AWS. Users sign in with the built-in
issuer; where the stage has none, give their tokens in a file, one a line. Writes `load.json`, `load.html` and journals
to a folder under `build/load`. Ends with 0 where all objectives hold, 1 where one does not or Ctrl-C came before the
end, and 2 where nothing could be measured.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import os
import secrets
import shlex
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from loadtest.checker import Allowances, Verdict, check
from loadtest.journal import JournalError, JournalFile
from loadtest.load.crew import STOP_S, Crew
from loadtest.load.machine import MachineError, description, raise_file_limit, require_ports
from loadtest.load.measures import Totals
from loadtest.load.page import as_html
from loadtest.load.result import Result, Run, as_json, as_text, conclude
from loadtest.load.scenario import Options, Scenario, ScenarioError, find, load
from loadtest.load.stage import Stage, StageError, checked_url
from loadtest.load.worker import OPENING_PATIENCE_S, Share, room_name

SLOWER = 20
"""How many times longer than it should a stage may take to let everybody in."""
ROOMS_AT_ONCE = 8
ROOMS_A_USER = 10
"""That one user makes: a room costs ten of the 200 tokens that a user has at once."""


@dataclass(frozen=True)
class Plan:
    """A run that can be started."""

    url: str
    path: Path
    options: Options
    scenario: Scenario
    processes: int
    tokens: list[str] | None
    folder: Path
    name: str


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line. Ends the program for what can't be."""
    parser = argparse.ArgumentParser(prog="python -m loadtest.load", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--url", required=True, help="of the stage, as the Python client takes it")
    parser.add_argument(
        "--scenario", default="lobby", help="one of loadtest/scenarios, or a file (default: %(default)s)"
    )
    parser.add_argument("--users", type=int, default=50, help="(default: %(default)s)")
    parser.add_argument("--rate", type=float, default=10.0, help="messages a second in all (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=60.0, help="that they last (default: %(default)s)")
    parser.add_argument("--open-per-s", type=float, default=50.0, help="new sockets a second (default: %(default)s)")
    parser.add_argument("--tokens", type=Path, help="a file with a bearer token a line, one for each user")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="(default: %(default)s, the cores)")
    parser.add_argument("--output", type=Path, default=Path("build/load"), help="(default: %(default)s)")
    given = parser.parse_args(arguments)
    if given.users < 1 or given.processes < 1:
        parser.error("--users and --processes are 1 or more.")
    if given.rate < 0 or min(given.seconds, given.open_per_s) <= 0:
        parser.error("--rate is not negative; --seconds and --open-per-s are above 0.")
    return given


def plan(given: argparse.Namespace) -> Plan:
    """Raises `ScenarioError`, `StageError`, `MachineError` and OSError for what the command line asks for in vain."""
    path, options = find(given.scenario), Options(given.users, given.rate, given.seconds, given.open_per_s)
    scenario = load(path, options)
    for device in range(scenario.sockets):
        scenario.rooms_of(device)
    processes = min(given.processes, scenario.users)
    raise_file_limit(-(-scenario.sockets // processes))
    name = f"{dt.datetime.now(dt.UTC):%m%d%H%M%S}{secrets.token_hex(2)}"
    folder = given.output / f"{path.stem}-{name}"
    tokens = None if given.tokens is None else read_tokens(given.tokens, scenario.users)
    return Plan(checked_url(given.url), path, options, scenario, processes, tokens, folder, name)


def read_tokens(path: Path, users: int) -> list[str]:
    """A token a line. Raises `StageError` where there are too few."""
    tokens = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    if len(tokens) < users:
        raise StageError(f"{path} has {len(tokens)} tokens, and there are {users} users: each needs one of their own.")
    return tokens


async def prepare(chosen: Plan) -> None:
    """Makes sure that the stage answers and lets users in, and makes the rooms. Raises `StageError`."""
    stage, at_once = Stage(chosen.url), asyncio.Semaphore(ROOMS_AT_ONCE)
    try:
        configuration = await stage.configuration()
        if chosen.tokens is None and configuration.get("sign_in") != "built-in":
            raise StageError(
                f"The stage {configuration.get('stage')} has no built-in issuer: give a file of tokens (--tokens)."
            )
        require_ports(str(configuration.get("websocket_url")), chosen.scenario.sockets)

        async def make(owner: int, rooms: range) -> None:
            async with at_once:
                token = chosen.tokens[owner % len(chosen.tokens)] if chosen.tokens else None
                token = token or await stage.sign_in(f"load-{chosen.name}-host-{owner}")
                for room in rooms:
                    await stage.make_room(room_name(chosen.name, room), token)

        count = chosen.scenario.rooms
        parts = [range(begin, min(begin + ROOMS_A_USER, count)) for begin in range(0, count, ROOMS_A_USER)]
        await asyncio.gather(*(make(owner, rooms) for owner, rooms in enumerate(parts)))
    finally:
        await stage.close()


def shares(chosen: Plan) -> list[Share]:
    """What each process does."""
    now_s = time.monotonic()
    return [
        Share(
            url=chosen.url,
            run=chosen.name,
            scenario=str(chosen.path),
            options=chosen.options,
            number=number,
            processes=chosen.processes,
            journal=str((chosen.folder / f"journal-{number}.jsonl").resolve()),
            epoch_s=time.time() - now_s,
            begun_s=now_s,
            tokens=chosen.tokens,
        )
        for number in range(chosen.processes)
    ]


async def carry_out(chosen: Plan, totals: Totals) -> tuple[list[str], bool]:
    """The problems of the run, and whether Ctrl-C ended it."""
    await prepare(chosen)
    crew, interrupted = Crew(shares(chosen), totals, tell), asyncio.Event()

    def interrupt() -> None:
        interrupted.set()
        crew.stop()

    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupt)
    scenario = chosen.scenario
    opening_s = 2 * OPENING_PATIENCE_S + SLOWER * scenario.sockets / scenario.open_per_s
    await crew.run(opening_s + scenario.seconds + scenario.settle_s + scenario.audit_s + STOP_S)
    return crew.problems, interrupted.is_set()


def tell(line: str) -> None:
    """Progress: in one place on a terminal, a line every ten seconds elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
    elif int(time.monotonic()) % 10 == 0:
        print(line, file=sys.stderr, flush=True)


def judge(chosen: Plan, totals: Totals, problems: list[str], started_at: str, *, interrupted: bool) -> Result:
    """The result of what is measured and written down."""
    journals = [JournalFile(path) for path in sorted(chosen.folder.glob("journal-*.jsonl"))]
    try:
        verdict = check(journals, Allowances(closed=True, skew_ms=0))
    except JournalError as error:
        problems, verdict = [*problems, str(error)], Verdict()
    run = Run(
        run=chosen.name,
        url=chosen.url,
        scenario=chosen.path.stem,
        summary=chosen.scenario.summary,
        command=shlex.join(["python", "-m", "loadtest.load", *sys.argv[1:]]),
        started_at=started_at,
        machine=description(),
        users=chosen.scenario.users,
        sockets=chosen.scenario.sockets,
        seconds=chosen.scenario.seconds,
        processes=chosen.processes,
        interrupted=interrupted,
        problems=problems,
    )
    return conclude(run, chosen.scenario, totals, verdict)


def main(arguments: list[str] | None = None) -> int:
    """0 where all objectives hold, 1 where not, 2 where nothing could be measured."""
    given = parse(arguments)
    started_at = f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC"
    totals = Totals()
    try:
        chosen = plan(given)
        chosen.folder.mkdir(parents=True)
        problems, interrupted = asyncio.run(carry_out(chosen, totals))
    except (ScenarioError, StageError, MachineError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    result = judge(chosen, totals, problems, started_at, interrupted=interrupted)
    (chosen.folder / "load.json").write_bytes(as_json(result))
    (chosen.folder / "load.html").write_text(as_html(result), encoding="utf-8")
    print(f"\n{as_text(result)}\n\n{chosen.folder / 'load.html'}")
    return 0 if result.passed else 1


if __name__ == "__main__":
    sys.exit(main())
