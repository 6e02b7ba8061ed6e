"""Whether the locks say what their sources do, and what is installed is what they say. The standard library alone."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from operations.doctor.findings import Finding, failed, ok, skipped

PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
SECTIONS = ("dependencies", "devDependencies")


def look(root: Path) -> Iterator[Finding]:
    """Every lock of the tree."""
    try:
        import tomllib  # noqa: PLC0415  # not in the Pythons that `machine.python` turns away
    except ImportError:
        yield skipped("locks", "this Python can't read TOML; see python")
        return
    try:
        lock = tomllib.loads((root / "uv.lock").read_text())
        project = tomllib.loads((root / "pyproject.toml").read_text())
        yield uv_lock(project, lock)
        yield requirements((root / "requirements.txt").read_text(), lock)
        yield package_lock(root)
    except (OSError, ValueError) as error:
        yield failed(
            "locks", f"a lock can't be read: {error}", "git checkout -- uv.lock package-lock.json requirements.txt"
        )
    yield installed(root)


def uv_lock(project: dict[str, Any], lock: dict[str, Any]) -> Finding:
    """`uv.lock` repeats what each group of pyproject.toml asks for."""
    own: dict[str, Any] = next((each for each in lock["package"] if each["name"] == project["project"]["name"]), {})
    locked = own.get("metadata", {}).get("requires-dev", {})
    groups = project["dependency-groups"]
    drifted = [
        name for name in groups if _asked(groups, name) != {_name(each["name"]) for each in locked.get(name, [])}
    ]
    if not drifted:
        return ok("uv.lock", "as pyproject.toml asks")
    return failed(
        "uv.lock", f"is not of this pyproject.toml: group {', '.join(drifted)}", "uv lock && make requirements"
    )


def requirements(text: str, lock: dict[str, Any]) -> Finding:
    """`requirements.txt` has the versions of `uv.lock`."""
    versions = {each["name"]: each.get("version") for each in lock["package"]}
    pinned = {_name(name): version for name, version in PINNED.findall(text)}
    drifted = sorted(name for name, version in pinned.items() if versions.get(name) != version)
    if pinned and not drifted:
        return ok("requirements.txt", "as uv.lock has it")
    said = f"is not of this uv.lock: {', '.join(drifted)}" if drifted else "pins nothing"
    return failed("requirements.txt", said, "make requirements")


def package_lock(root: Path) -> Finding:
    """`package-lock.json` repeats what each package.json asks for."""
    locked = json.loads((root / "package-lock.json").read_text())["packages"]
    drifted = []
    for place in ("", *json.loads((root / "package.json").read_text()).get("workspaces", [])):
        asked = json.loads((root / place / "package.json").read_text())
        if any(asked.get(section, {}) != locked.get(place, {}).get(section, {}) for section in SECTIONS):
            drifted.append(str(Path(place) / "package.json"))
    if not drifted:
        return ok("package-lock.json", "as package.json asks")
    return failed("package-lock.json", f"is not of this {', '.join(drifted)}", "npm install --package-lock-only")


def installed(root: Path) -> Finding:
    """What was installed last is what the locks say now, by the stamp that `local/install.py` leaves."""
    try:
        stamp = json.loads((root / ".venv" / ".installed.json").read_text())
    except (OSError, ValueError):
        return failed("installed", "nothing is installed yet", "make setup")
    workspaces = [*sorted(root.glob("clients/*/package.json")), *sorted(root.glob("*/package.json"))]
    node = [root / "package-lock.json", root / "package.json", *workspaces]
    wanted = {"python": _digest(root / "pyproject.toml", root / "uv.lock"), "node": _digest(*node)}
    old = [kind for kind, digest in wanted.items() if stamp.get(kind) != digest]
    if not old:
        return ok("installed", "what the locks say")
    return failed("installed", f"packages of {' and '.join(old)} are not those of the locks", "make setup")


def _digest(*paths: Path) -> str:
    """As `local/install.py` makes it."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.read_bytes() + b"\0")
    return total.hexdigest()


def _asked(groups: dict[str, Any], name: str) -> set[str]:
    """Names of packages that a group asks for, with those of the groups in it."""
    found: set[str] = set()
    for each in groups[name]:
        if isinstance(each, dict):
            found |= _asked(groups, each["include-group"])
        else:
            found.add(_name(re.split(r"[\[<>=!~; ]", each, maxsplit=1)[0]))
    return found


def _name(text: str) -> str:
    """As package indexes compare names."""
    return re.sub(r"[-_.]+", "-", text).lower()
