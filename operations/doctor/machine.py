"""The machine: Python, Node, disk, open files. The standard library alone."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from operations.doctor.findings import Finding, failed, ok

OLDEST, NEWEST = (3, 11), (3, 14)
"""As `local/install.py` has them, which a Python that is too old can't import."""

LEAST_FREE_GB = 3
"""`.venv` and `node_modules` take two, layers and the emulator's state the rest."""

LEAST_FILES = 1_024
"""The gateway has a file open for each socket, and a load test one more."""

GB = 10**9
ANSWER_S = 20


def look(root: Path) -> Iterator[Finding]:
    """Everything about the machine."""
    yield python(sys.version_info[:3], sys.executable)
    yield libraries(root)
    yield node(root)
    yield disk(shutil.disk_usage(root).free)
    yield files(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def python(version: Sequence[int], executable: str) -> Finding:
    """The interpreter that runs this."""
    found = ".".join(map(str, version))
    if OLDEST <= tuple(version[:2]) <= NEWEST:
        return ok("python", f"{found} ({executable})")
    wanted = f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}"
    return failed(
        "python",
        f"{executable} is {found}, and {wanted} is needed",
        "install one (Debian, Ubuntu: sudo apt install python3.11) and name it: make setup PYTHON=python3.11",
    )


def libraries(root: Path) -> Finding:
    """Whether `.venv` is there, and its Python starts."""
    python = root / ".venv" / "bin" / "python"
    said = _says([str(python), "-c", "import boto3, chat; print('installed')"])
    if said == "installed":
        return ok("libraries", ".venv has them")
    return failed("libraries", ".venv is missing, or not complete", "make setup")


def node(root: Path) -> Finding:
    """The Node that the commands use: the one of `.venv`, else the machine's."""
    own = root / ".venv" / "bin" / "node"
    program = str(own) if own.exists() else shutil.which("node")
    if program is None:
        return failed("node", "there is no Node, in .venv or on the PATH", "make setup")
    said = _says([program, "--version"])
    wanted = json.loads((root / "package.json").read_text())["engines"]["node"].lstrip(">=")
    if said is None or not said.startswith("v"):
        return failed("node", f"{program} does not start", "rm -rf .venv && make setup")
    if _numbers(said[1:]) < _numbers(wanted):
        return failed("node", f"{program} is {said}, and {wanted} or later is needed", "make setup")
    return ok("node", f"{said} ({program})")


def disk(free_bytes: int) -> Finding:
    """Room for what is installed and built."""
    said = f"{free_bytes / GB:.1f} GB free"
    if free_bytes >= LEAST_FREE_GB * GB:
        return ok("disk", said)
    return failed("disk", f"{said}, and {LEAST_FREE_GB} GB are needed", "make clean, or make room on this disk")


def files(limit: int) -> Finding:
    """How many files a process may have open; -1 is no limit."""
    if limit == resource.RLIM_INFINITY or limit >= LEAST_FILES:
        return ok("open files", "no limit" if limit == resource.RLIM_INFINITY else f"{limit:,} a process")
    return failed("open files", f"{limit:,} a process, and {LEAST_FILES:,} are needed", f"ulimit -n {LEAST_FILES}")


def _says(command: Sequence[str]) -> str | None:
    """What a program prints; None where it can't be started or fails."""
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_S, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ended.stdout.strip() if ended.returncode == 0 else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
