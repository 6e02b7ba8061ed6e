"""`make profile EVENT=path`: where the time of a handler goes on a recorded event, as a table and as a flame graph.

Behind the handler is a stage in memory, so what is seen is its own CPU; with `--local` it is the running `make dev`,
and waiting is seen as well. Writes `build/profile.html`. Exit status: 0; 1 where the handler refuses the event; 2 for
what can't be profiled.
"""

from __future__ import annotations

import argparse
import io
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from chat.settings import SettingsError
from local.paths import BUILD
from operations.capacity.plan_text import table
from operations.errors import OperationError
from operations.profiling import events_of, flame, local_function, recording, stage_in_memory
from operations.profiling.recording import Recording
from simulation.quiet import logged_from

SHOWN = 15
REFUSED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Profiles; returns the exit status."""
    options = parse(arguments)
    try:
        with _unheard():
            found = profile(options)
    except OperationError as error:
        sys.stderr.write(f"{error}\n")
        return error.status
    except SettingsError as error:
        sys.stderr.write(f"This function needs more than a stage in memory has ({error}): try it with --local.\n")
        return REFUSED
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(flame.page(found), encoding="utf-8")
    print(shown(found))
    print(f"The flame graph is in {options.output}.")
    return 0


@contextmanager
def _unheard() -> Iterator[None]:
    """Functions write a line for each invocation, and what they counted for CloudWatch."""
    with logged_from(logging.ERROR), redirect_stdout(io.StringIO()):
        yield


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m operations.profile", description=__doc__)
    parser.add_argument("event", type=Path, help="a recorded event: operations/profiling/events/send.json")
    parser.add_argument("--function", metavar="GROUP.MODULE", help="whose event it is (as the event itself says)")
    parser.add_argument("--rounds", type=int, default=200, help="invocations that are looked at (200)")
    parser.add_argument("--recipients", type=int, default=10, help="sockets that follow the room, in memory (10)")
    parser.add_argument("--local", action="store_true", help="against the stage that `make dev` runs")
    parser.add_argument("--output", type=Path, default=BUILD / "profile.html", help="the page (build/profile.html)")
    options = parser.parse_args(arguments)
    if options.rounds < 1 or options.recipients < 0:
        parser.error("--rounds is 1 or more, --recipients 0 or more")
    return options


def profile(options: argparse.Namespace) -> Recording:
    """Raises `OperationError` with what to do about it."""
    event = events_of.read(options.event)
    function = options.function or events_of.function_of(event)
    recording.handler_of(function)
    if options.local:
        local_function.adopt(function)
        return recording.record(function, event, options.rounds, lambda: None, waiting=True)
    between = stage_in_memory.build(event, options.recipients)
    return recording.record(function, event, options.rounds, between)


def shown(found: Recording) -> str:
    """The hottest functions, and the sentence that matters."""
    total_s = found.code_s or 1
    rows = [
        (
            spot.name,
            f"{spot.times / found.rounds:,.1f}",
            f"{spot.own_s / found.rounds * 1e6:,.1f}",
            f"{spot.own_s / total_s * 100:.1f} %",
            spot.place,
        )
        for spot in found.spots()[:SHOWN]
    ]
    hottest = found.spots()[0]
    return (
        f"{found.function}: {total_s / found.rounds * 1e6:,.0f} µs a round, over {found.rounds:,} rounds, without the "
        f"stage behind it\n\n"
        f"{table(('function', 'calls', 'own µs', '', 'where'), rows)}\n\n"
        f"Most of its own time is in {hottest.name} ({hottest.place}): {hottest.own_s / total_s * 100:.0f} %."
    )


if __name__ == "__main__":
    sys.exit(main())
