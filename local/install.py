"""Installs what this repository needs on a machine that has only a Python: `python3 local/install.py`.

Runs before anything is installed, so it uses the standard library alone and imports nothing of the project. It is
safe to run again: what is already as the locks say is left alone, told by a stamp of their hashes inside `.venv`.
Where packages come from (indexes, proxies, certificates) is the business of pip's, uv's and npm's own settings.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".local" / "tools"
STAMP = VENV / ".installed.json"
LOG = ROOT / ".local" / "logs" / "install.log"

OLDEST, NEWEST = (3, 11), (3, 14)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LAST_LINES = 15


class InstallError(Exception):
    """Something is missing that this program can't get. The message says what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Installs what is missing; returns the exit status."""
    parser = argparse.ArgumentParser(prog="local/install.py", description="Installs what this repository needs.")
    parser.add_argument("--browser", action="store_true", help="also see to a Chromium for the browser tests")
    options = parser.parse_args(arguments)
    try:
        check_python()
        with alone():
            install_python_packages()
            install_node_packages()
            if options.browser:
                install_browser()
    except InstallError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    return 0


def check_python() -> None:
    """Raises `InstallError` unless the interpreter that runs this can also run the project."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        found = ".".join(map(str, sys.version_info[:3]))
        raise InstallError(
            f"This needs Python {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}, and {sys.executable} is {found}. "
            "Install one (on Debian and Ubuntu: apt install python3.11 or later) and name it: "
            "make setup PYTHON=python3.11"
        )


def install_python_packages() -> None:
    """Makes `.venv` what `uv.lock` says."""
    wanted = digest(ROOT / "pyproject.toml", ROOT / "uv.lock")
    if installed().get("python") == wanted and (VENV / "bin" / "python").exists():
        return
    uv = find_uv()
    with step("Python packages (uv sync)"):
        run([str(uv), "sync", "--frozen", *chosen_interpreter()], "The Python packages could not be installed.")
    remember("python", wanted)


def chosen_interpreter() -> list[str]:
    """The interpreter for a new `.venv`: this one, never a download. An existing `.venv` keeps its own."""
    python = VENV / "bin" / "python"
    return [] if python.exists() and attempt([str(python), "-c", ""]) else ["--python", sys.executable]


def install_node_packages() -> None:
    """Makes `node_modules` what `package-lock.json` says."""
    lock = ROOT / "package-lock.json"
    if not lock.exists():
        return
    wanted = digest(
        lock, ROOT / "package.json", *sorted(ROOT.glob("clients/*/package.json")), *sorted(ROOT.glob("*/package.json"))
    )
    if installed().get("node") == wanted and (ROOT / "node_modules").is_dir():
        return
    with step("Node packages (npm ci)"):
        command = [str(VENV / "bin" / "npm"), "ci", "--no-audit", "--no-fund", "--no-update-notifier"]
        run(command, "The Node packages could not be installed.")
    remember("node", wanted)


def install_browser() -> None:
    """Sees to a Chromium: the one on the PATH (or in CHAT_BROWSER), else the distribution's package."""
    if os.environ.get("CHAT_BROWSER") or any(map(shutil.which, BROWSERS)):
        return
    with step("Chromium (apt-get)"):
        apt_install(
            "chromium",
            "The browser tests need Chromium. Install it (on Debian: sudo apt install chromium) and try again, or "
            "put the path of a Chromium or Chrome that you have into the variable CHAT_BROWSER.",
        )


def find_uv() -> Path:
    """The locked version of uv, installed with pip into an environment of its own the first time."""
    version, hashes = locked_uv()
    home = TOOLS / f"uv-{version}"
    uv = home / "bin" / "uv"
    if not uv.exists():
        with step(f"uv {version} (pip)"), tempfile.NamedTemporaryFile("w", suffix=".txt") as requirement:
            requirement.write(" ".join([f"uv=={version}", *(f"--hash={value}" for value in hashes)]))
            requirement.flush()
            options = [
                "install",
                "--disable-pip-version-check",
                "--no-deps",
                "--no-user",
                "--only-binary=:all:",
                "--require-hashes",
            ]
            run([*make_tool_environment(home), *options, "-r", requirement.name], "uv could not be installed with pip.")
    return uv


def locked_uv() -> tuple[str, list[str]]:
    """The version of uv that `uv.lock` holds, and the hashes of its wheels."""
    import tomllib  # noqa: PLC0415  # not in the Pythons that check_python turns away

    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    package = next(package for package in lock["package"] if package["name"] == "uv")
    return package["version"], [wheel["hash"] for wheel in package["wheels"]]


def make_tool_environment(home: Path) -> list[str]:
    """Makes an empty virtual environment at `home` and returns the pip command that installs into it.

    A Debian without python3-venv has the module but not the pip it would put inside; a pip beside this Python serves
    as well.
    """
    shutil.rmtree(home, ignore_errors=True)
    if importlib.util.find_spec("ensurepip") is None and importlib.util.find_spec("pip") is None:
        apt_install(
            "python3-venv",
            "This Python comes without pip and without the means to make a virtual environment. Install them "
            "(on Debian and Ubuntu: sudo apt install python3-venv) and try again.",
        )
    failure = (
        "A virtual environment could not be made. On Debian and Ubuntu: sudo apt install python3-venv, then try again."
    )
    if importlib.util.find_spec("ensurepip") is not None or importlib.util.find_spec("pip") is None:
        run([sys.executable, "-m", "venv", str(home)], failure)
        return [str(home / "bin" / "python"), "-m", "pip"]
    run([sys.executable, "-m", "venv", "--without-pip", str(home)], failure)
    return [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python")]


def apt_install(package: str, otherwise: str) -> None:
    """Installs a Debian package as root or by a sudo that asks nothing; else raises `InstallError(otherwise)`."""
    if shutil.which("apt-get") is None:
        raise InstallError(otherwise)
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if prefix and (
        shutil.which("sudo") is None or subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode
    ):
        raise InstallError(otherwise)
    install = [*prefix, "apt-get", "install", "-y", "--no-install-recommends", package]
    if not attempt(install):
        run([*prefix, "apt-get", "update"], otherwise)
        run(install, otherwise)


def run(command: Sequence[str], failure: str) -> None:
    """Runs a program with its output in the log; raises `InstallError` with `failure` and the last lines it said."""
    if not attempt(command):
        said = LOG.read_text(errors="replace").splitlines()[-LAST_LINES:]
        shown = "\n".join(f"    {line}" for line in said)
        raise InstallError(
            f"{failure} The command was: {' '.join(command)}\nIt ended with:\n{shown}\n"
            f"Everything it said is in {LOG.relative_to(ROOT)}. Package indexes are reached with the settings of pip "
            "(PIP_INDEX_URL, PIP_CERT), uv (UV_DEFAULT_INDEX, SSL_CERT_FILE) and npm (.npmrc, NODE_EXTRA_CA_CERTS); "
            "once the reason is gone, run the same command again: it goes on where it stopped."
        )


def attempt(command: Sequence[str]) -> bool:
    """Whether the program could be started and ended well. What it says is added to the log."""
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(command)}\n")
        log.flush()
        try:
            ended = subprocess.run(
                command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
            )
        except OSError as error:
            log.write(f"{error}\n")
            return False
    return ended.returncode == 0


def environment() -> dict[str, str]:
    """The caller's environment, with one set of certificates for all three package tools and no other Python in the
    way.
    """
    values = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "DEBIAN_FRONTEND": "noninteractive"}
    values.setdefault("UV_HTTP_TIMEOUT", values.get("PIP_DEFAULT_TIMEOUT", "120"))
    for name in ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "PYTHONHOME", "PYTHONPATH"):
        values.pop(name, None)
    certificates = values.get("SSL_CERT_FILE") or values.get("PIP_CERT")
    if certificates:
        values.setdefault("SSL_CERT_FILE", certificates)
        values.setdefault("NODE_EXTRA_CA_CERTS", certificates)
    values["PATH"] = os.pathsep.join([str(VENV / "bin"), values.get("PATH", os.defpath)])
    return values


@contextmanager
def alone() -> Iterator[None]:
    """Keeps a second installation in this tree waiting until the first has finished."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with (LOG.parent / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def step(title: str) -> Iterator[None]:
    """Says what is being installed and, at the end, how long it took."""
    started = time.monotonic()
    sys.stdout.write(f"  installing {title} … ")
    sys.stdout.flush()
    try:
        yield
    except BaseException:
        sys.stdout.write("failed\n")
        raise
    sys.stdout.write(f"{time.monotonic() - started:.1f} s\n")
    sys.stdout.flush()


def digest(*paths: Path) -> str:
    """One hash over the files' contents."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.read_bytes() + b"\0")
    return total.hexdigest()


def installed() -> dict[str, str]:
    """What the stamp says was installed last, by kind; empty where there is no readable stamp."""
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp


def remember(kind: str, value: str) -> None:
    """Writes into the stamp that `kind` is now as `value` says."""
    STAMP.write_text(json.dumps({**installed(), kind: value}))


if __name__ == "__main__":
    sys.exit(main())
