"""Judges journals: `python -m loadtest.checker LOGS…`, files or folders of `*.jsonl`.

Prints what was broken, each with who, what and when. Ends with 0 where everything holds, 1 where something does not,
and 2 for journals that can't be read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from loadtest.checker import Allowances, Verdict, check
from loadtest.journal import JournalError, JournalFile


def files(paths: list[Path]) -> Iterator[JournalFile]:
    """The journals of files and folders. Raises `JournalError` for a folder without any, and a path that is none."""
    for path in paths:
        found = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
        if not found or not all(each.is_file() for each in found):
            raise JournalError(f"{path} is neither a journal nor a folder of journals (*.jsonl).")
        yield from (JournalFile(each) for each in found)


def summary(verdict: Verdict) -> str:
    """What was looked at, and the last word."""
    looked_at = (
        f"{verdict.devices:,} devices, {verdict.records:,} records: {verdict.sent:,} sent, {verdict.acked:,} "
        f"acknowledged, of these {verdict.confirmed:,} heard; {verdict.heard:,} hearings, {verdict.foreign:,} of others"
    )
    found = ", ".join(f"{count:,} {kind}" for kind, count in sorted(verdict.counts.items()))
    return f"{looked_at}\n{found or '0 violations'}"


def main(arguments: list[str] | None = None) -> int:
    """0 where everything holds, 1 where not, 2 where nobody can say."""
    parser = argparse.ArgumentParser(prog="python -m loadtest.checker", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("logs", nargs="+", type=Path, metavar="LOGS", help="journals, or folders of them")
    parser.add_argument("--grace-ms", type=float, default=5_000, help="that a removal may take (default: %(default)s)")
    parser.add_argument("--skew-ms", type=float, default=500, help="between two clocks (default: %(default)s)")
    parser.add_argument("--closed", action="store_true", help="everybody who wrote left a journal")
    parser.add_argument("--json", action="store_true", help="the verdict as JSON")
    given = parser.parse_args(arguments)
    if min(given.grace_ms, given.skew_ms) < 0:
        parser.error("--grace-ms and --skew-ms are not negative.")
    try:
        verdict = check(list(files(given.logs)), Allowances(given.grace_ms, given.skew_ms, given.closed))
    except (JournalError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    if given.json:
        print(msgspec.json.format(msgspec.json.encode(verdict)).decode())
    else:
        print(*verdict.violations, summary(verdict), sep="\n")
    return 0 if verdict.holds else 1


if __name__ == "__main__":
    sys.exit(main())
