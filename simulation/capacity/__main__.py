"""`make capacity`: how much one stage carries, on default quotas and on raised ones, in one account and in cells.

Writes `build/capacity.json` and `build/capacity.html`. The same seed gives the same figures. Exit 1 where a message was
acknowledged and lost.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from local.paths import BUILD
from simulation.capacity import scenarios
from simulation.capacity.document import Document, document, rows
from simulation.capacity.page import page
from simulation.capacity.scenarios import FULL, NAMES, QUICK, Results
from simulation.capacity.verdicts import verdicts


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs, writes and says what came of it."""
    options = parse(arguments)
    scale = QUICK if options.quick else FULL
    scale = replace(scale, cells=options.cells or scale.cells, parts=tuple(options.parts))
    if any(not 0 <= part < scale.cells for part in scale.parts):
        sys.stderr.write(f"--parts are cells, from 0 to {scale.cells - 1}.\n")
        return 2
    results = scenarios.run(scale, options.seed, processes=options.processes, tell=_tell, only=options.only)
    return finish(results, _command(options), options.output)


def finish(results: Results, command: str, output: Path) -> int:
    """Writes both files, and says which targets hold."""
    loads, storms, region = rows(results)
    made = document(results, verdicts(results.scale, loads, storms, region), command)
    output.mkdir(parents=True, exist_ok=True)
    (output / "capacity.json").write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=2))
    (output / "capacity.html").write_text(page(made), encoding="utf-8")
    for verdict in made.verdicts:
        holds = {True: "holds", False: "does not hold", None: "not shown"}[verdict.holds]
        sys.stdout.write(f"{verdict.requirement}, {verdict.target}: {holds}. {verdict.shown}\n")
    sys.stdout.write(f"Written to {output / 'capacity.json'} and {output / 'capacity.html'}.\n")
    return 1 if lost(made) else 0


def lost(made: Document) -> int:
    """Messages that were acknowledged and are not stored, in all loads."""
    return sum(row.conservation["not_stored"] for row in made.loads.values())


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m simulation.capacity", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="less of everything: a minute on two free cores")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=list(NAMES), metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--cells", type=_positive, help="accounts that the crowd is spread over")
    parser.add_argument("--parts", type=int, nargs="+", default=[], metavar="CELL", help="run some of the cells only")
    parser.add_argument("--seed", type=int, default=1, help="of all chance (1)")
    parser.add_argument("--processes", type=_positive, default=2, help="parts that run at once (2)")
    parser.add_argument("--output", type=Path, default=BUILD, help="where files are written (build)")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("1 or more")
    return number


def _command(options: argparse.Namespace) -> str:
    words = ["python -m simulation.capacity", *(["--quick"] if options.quick else [])]
    if options.only != list(NAMES):
        words += ["--only", *options.only]
    if options.cells:
        words.append(f"--cells {options.cells}")
    if options.parts:
        words += ["--parts", *map(str, options.parts)]
    return " ".join([*words, f"--seed {options.seed}"])


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
