"""`python -m simulation`: plays seeds until one fails or all have passed. The last line is `N seeds, M violations`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from simulation.runs.seeds import explained, replayed, verdicts
from simulation.runs.telling import case_told, trace_told

MOST_EXPLAINED = 3
"""Failed seeds that are looked into; a bug that is everywhere needs no more."""

PROGRESS = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where no seed has a violation, 1 otherwise."""
    options = _options(arguments)
    if options.seed is not None:
        return _replay(options.seed)
    seeds = range(options.first, options.first + options.seeds)
    failed, violations = [], 0
    for number, verdict in enumerate(verdicts(seeds, options.processes), start=1):
        if verdict.findings:
            failed.append(verdict)
            violations += len(verdict.findings)
        if number % PROGRESS == 0:
            sys.stderr.write(f"{number} seeds, {violations} violations so far\n")
    for verdict in failed[:MOST_EXPLAINED]:
        for line in explained(verdict):
            sys.stdout.write(f"{line}\n")
    if len(failed) > MOST_EXPLAINED:
        others = " ".join(str(verdict.seed) for verdict in failed[MOST_EXPLAINED:])
        sys.stdout.write(f"failed as well: {others}\n")
    sys.stdout.write(f"{len(seeds)} seeds, {violations} violations\n")
    return 1 if violations else 0


def _replay(seed: int) -> int:
    run, findings = replayed(seed)
    for line in (*case_told(run.case), *trace_told(run), *(str(finding) for finding in findings)):
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"trace {run.digest}\n1 seeds, {len(findings)} violations\n")
    return 1 if findings else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulation", description="Random workloads under random faults.")
    parser.add_argument("--seeds", type=_count, default=1_000, metavar="N", help="how many (1,000)")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first of them (0)")
    parser.add_argument("--seed", type=int, metavar="SEED", help="one only, with everything that happens in it")
    cores = os.cpu_count() or 1
    parser.add_argument("--processes", type=_count, default=cores, metavar="N", help=f"at once ({cores})")
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number from 1 on")
    return number


if __name__ == "__main__":
    sys.exit(main())
