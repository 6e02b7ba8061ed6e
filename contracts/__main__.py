"""`make contracts`: writes what is made from the protocol's source; with `--check`, only says what is stale."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from contracts import asyncapi, console, events, openapi, page, schemas, typescript
from contracts.examples import Examples

ROOT = Path(__file__).resolve().parents[1]
OUTPUTS: dict[str, Callable[[Examples, str], str]] = {
    "docs/protocol/frames.schema.json": schemas.render,
    "docs/protocol/asyncapi.json": asyncapi.render,
    "docs/protocol/index.md": page.render,
    "docs/protocol/openapi.json": openapi.render,
    "docs/events.schema.json": events.render,
    "docs/events.md": events.render_page,
    "clients/javascript/src/frames.generated.ts": typescript.render,
    "web/src/console/answers.generated.ts": console.render,
}
"""What makes each file, given the examples and the file as it is (empty where there is none yet)."""


def stale() -> dict[str, str]:
    """The files that differ from what the source says now, each with the content that it should have."""
    examples = Examples.read(ROOT / "tests/frames")
    found = {}
    for name, render in OUTPUTS.items():
        path = ROOT / name
        present = path.read_text() if path.exists() else ""
        wanted = render(examples, present)
        if wanted != present:
            found[name] = wanted
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes stale files; with `--check`, returns 1 where there are any and writes none."""
    parser = argparse.ArgumentParser(prog="python -m contracts", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file is stale")
    only_checks = parser.parse_args(arguments).check
    for name, wanted in (found := stale()).items():
        if only_checks:
            sys.stdout.write(f"{name} is not what the protocol's source says: run `make contracts`.\n")
        else:
            (ROOT / name).write_text(wanted)
            sys.stdout.write(f"{name} written\n")
    return 1 if only_checks and found else 0


if __name__ == "__main__":
    sys.exit(main())
