"""`python -m operations.doctor`: looks at everything, prints what it found, and ends with 1 where something failed."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from operations.doctor import local_stage, locks, machine, variables
from operations.doctor.findings import FAILED, OK, Finding, skipped

ROOT = Path(__file__).resolve().parents[2]
SIGNS = {OK: "ok     ", FAILED: "FAILED "}


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where nothing failed."""
    parser = argparse.ArgumentParser(prog="python -m operations.doctor", description=__doc__)
    parser.add_argument("--stage", default="local", help="local, dev or prod (local)")
    parser.add_argument("--context", nargs="*", default=[], metavar="NAME=VALUE", help="as `make deploy` has it")
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args(arguments)
    found = []
    for finding in look(options.stage, options.context):
        found.append(finding)
        if not options.json:
            print(shown(finding), flush=True)
    failures = sum(finding.state == FAILED for finding in found)
    if options.json:
        print(json.dumps({"stage": options.stage, "findings": [finding._asdict() for finding in found]}, indent=2))
    else:
        print(f"{len(found)} things looked at, {failures} failed.")
    return 1 if failures else 0


def look(stage: str, context: Sequence[str]) -> Iterator[Finding]:
    """Everything, in the order in which it is needed."""
    yield from machine.look(ROOT)
    yield from locks.look(ROOT)
    yield from variables.look(os.environ, stage)
    if sys.version_info < machine.OLDEST:
        yield skipped("stage", "the Python above can't read its configuration")
        return
    yield from _stage(stage, context)


def shown(finding: Finding) -> str:
    """A line, and below it the mend."""
    line = f"{SIGNS.get(finding.state, 'skipped')} {finding.name}: {finding.said}"
    return f"{line}\n        mend: {finding.mend}" if finding.mend else line


def _stage(stage: str, context: Sequence[str]) -> Iterator[Finding]:
    from operations.doctor import configuration, neighbours  # noqa: PLC0415  # not for Pythons that are too old

    findings = [*configuration.look(stage, context, ROOT)]
    yield from findings
    if findings[0].state == OK:
        yield from neighbours.look(configuration.described(stage, context, ROOT))
    if stage == variables.LOCAL:
        yield from local_stage.look(os.environ)
    elif findings[0].state == OK:
        yield from _account(stage)


def _account(stage: str) -> Iterator[Finding]:
    try:
        from operations.doctor import account  # noqa: PLC0415  # needs what `make setup` installs
        from operations.stage import Stage  # noqa: PLC0415
    except ImportError as error:
        yield skipped("account", f"can't be looked at before `make setup` ({error})")
        return
    yield from account.look(stage, Stage.find(stage).client)


if __name__ == "__main__":
    sys.exit(main())
