"""`make check`: every linter, type checker and rule of the repository, two at a time, each with its time and verdict.

All of them run even when one complains, so that one run shows everything that is to be mended.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.errors import explain
from local.page import build_page
from local.paths import BUILD, ROOT
from local.programs import cdk_command, process_environment, python_command

if TYPE_CHECKING:
    from collections.abc import Sequence

TEMPLATES = BUILD / "check"
PACKAGES = ("cdk", "contracts", "functions", "layers", "local", "simulation", "loadtest", "operations", "tests")
PARALLEL = 2
STAGES: dict[str, tuple[str, ...]] = {
    "dev": (),
    "prod": ("-c", "oidc_issuer=https://issuer.example.com", "-c", "oidc_audience=example"),
}
"""The stages whose templates are checked, and what each must be told."""
TEMPLATE_RULES = ROOT / "cdk" / "cfnlint.yaml"


@dataclass(frozen=True)
class Check:
    """One or more commands, of which the first that fails is the verdict."""

    title: str
    commands: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Verdict:
    """How a check ended. `output` is what the failing command said."""

    check: Check
    passed: bool
    output: str
    seconds: float


def checks() -> list[Check]:
    """All of them, the longest first."""
    packages = [name for name in PACKAGES if has(name)]
    return [
        *(Check(f"templates of {stage} (cdk-nag, cfn-lint)", lint_templates(stage)) for stage in STAGES),
        Check("types (mypy)", (module("mypy", *packages),)),
        Check("TypeScript's types (tsc)", (npm("typecheck"),)),
        Check("TypeScript's rules (ESLint)", (npm("lint"),)),
        Check("Python's rules (ruff check)", (module("ruff", "check", "."),)),
        Check("Python's format (ruff format)", (module("ruff", "format", "--check", "."),)),
        Check("dependencies (import-linter)", (("lint-imports",),)),
        Check("what is made from the protocol", (module("contracts", "--check"),)),
    ]


def has(package: str) -> bool:
    """Whether there is any Python in the directory."""
    return any((ROOT / package).rglob("*.py"))


def lint_templates(stage: str) -> tuple[tuple[str, ...], ...]:
    """Writes the stage's templates with all rules on, then checks them against CloudFormation's own schema."""
    place = TEMPLATES / stage
    application = ("--app", f"{sys.executable} -m cdk.app", "--output", str(place))
    context = ("-c", f"stage={stage}", "-c", "nag=true", *STAGES[stage])
    synth = (*cdk_command(), "synth", "--quiet", "--no-notices", "--no-color", *application, *context)
    lint = ("cfn-lint", "--non-zero-exit-code", "warning", "--config-file", str(TEMPLATE_RULES))
    return synth, (*lint, "--", f"{place}/*.template.json")


def module(name: str, *arguments: str) -> tuple[str, ...]:
    """The command that runs a Python tool of this environment."""
    return (*python_command(name), *arguments)


def npm(script: str) -> tuple[str, ...]:
    """The command that runs a script of the JavaScript client and of the page."""
    return ("npm", "run", "--silent", script, "--workspaces")


def perform(check: Check) -> Verdict:
    """Runs one check and prints its verdict."""
    started = time.monotonic()
    environment = process_environment() | {"NO_COLOR": "1"}
    for command in check.commands:
        ran = subprocess.run(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if ran.returncode:
            verdict = Verdict(check, passed=False, output=ran.stdout + ran.stderr, seconds=time.monotonic() - started)
            break
    else:
        verdict = Verdict(check, passed=True, output="", seconds=time.monotonic() - started)
    print(f"  {'ok    ' if verdict.passed else 'FAILED'} {verdict.seconds:6.1f} s  {check.title}", flush=True)
    return verdict


def main(_arguments: Sequence[str] | None = None) -> int:
    """Runs all checks; returns 0 when every one passed."""
    os.chdir(ROOT)
    TEMPLATES.mkdir(parents=True, exist_ok=True)
    build_page(TEMPLATES / "page.log")
    with ThreadPoolExecutor(PARALLEL) as pool:
        verdicts = list(pool.map(perform, checks()))
    failed = [verdict for verdict in verdicts if not verdict.passed]
    for verdict in failed:
        print(f"\n── {verdict.check.title} ──\n{verdict.output.rstrip()}")
    print(f"\n{len(verdicts) - len(failed)} of {len(verdicts)} checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(explain(main))
