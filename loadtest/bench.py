"""The benchmarks of what a message costs, in one run: `make bench`, or in less than a minute `make bench ARGS=--quick`.

All contenders post to the same stub over TLS (`loadtest.stub`), one after another, each in a process of its own.
Figures are of the round that was disturbed least. Absolute ones are this machine's; ratios travel better. Prints the
table, and writes it to `build/bench.json` and `build/bench.md`. Whoever does not reach everybody ends the run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from loadtest import cold_starts, database
from loadtest.fanout import scenarios
from loadtest.fanout.scenarios import Setting
from loadtest.report import Row, as_text, write
from loadtest.stub.certificates import make_authority

OUTPUT = Path("build")


def measure(*, quick: bool) -> Iterator[Row]:
    """All rows, as they come."""
    with tempfile.TemporaryDirectory() as folder:
        authority = make_authority(Path(folder))
        setting = Setting(authority)
        if quick:
            setting = Setting(authority, engine_rounds=5, sample_rounds=2, samples=("boto3_threads",))
        yield from scenarios.fanout(setting, (5,) if quick else (5, 15))
        yield from scenarios.small_room_among_many(setting, 2_000 if quick else 20_000)
        yield from scenarios.dead_sockets(setting, 100 if quick else 1_000, (10,) if quick else (1, 10, 50))
        yield from scenarios.throttled(setting, 200 if quick else 1_000)
        yield from scenarios.many_pages(setting)
        yield from database.rows(authority, 50 if quick else 200)
    yield from cold_starts.rows(2 if quick else 5, cold_starts.HOT if quick else cold_starts.handlers())


def main() -> int:
    """0, or whatever a contender's failure raises."""
    parser = argparse.ArgumentParser(prog="python -m loadtest.bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--quick", action="store_true", help="fewer rounds, rooms and baselines: rougher figures")
    arguments = parser.parse_args()
    rows, begun_s = [], time.monotonic()
    for row in measure(quick=arguments.quick):
        rows.append(row)
        print(f"{time.monotonic() - begun_s:5.0f} s  {row.name}", file=sys.stderr, flush=True)
    write(rows, OUTPUT)
    print(as_text(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
