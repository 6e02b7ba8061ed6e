"""The web page of a local stack: Vite's server, which passes /api and /media on to CloudFront's part
(`local.front`).

So the page, the API and the media have one origin, as on AWS. `make dev` serves the sources, with changes shown at
once; everything else serves the build that goes to AWS.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.errors import LocalError
from local.paths import BUILD, ROOT, SITE, StateDirectory
from local.ports import LOOPBACK, is_listening
from local.processes import Process
from local.programs import node_command, search_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

WEB = ROOT / "web"
CLIENT = ROOT / "clients" / "javascript"
BUILD_STAMP = BUILD / "page.stamp"
"""What the build was made from, and what it is: kept beside it, since what lies in it is uploaded."""
START_TIMEOUT_S = 60.0
LAST_LINES = 20


@dataclass(frozen=True, kw_only=True)
class Page:
    """How the page of one stack is served."""

    port: int
    front: str
    """The URL of CloudFront's part."""
    live: bool
    """Whether the sources are served instead of the build."""

    @property
    def url(self) -> str:
        """The page's origin."""
        return f"http://{LOOPBACK}:{self.port}"

    def start(self, state: StateDirectory) -> Process:
        """Starts the server and returns once it answers. Raises `LocalError` when it doesn't."""
        command = node_command("vite", "bin/vite.js")
        environment = page_environment() | {
            "CHAT_WEB_PORT": str(self.port),
            "CHAT_PROXY_TARGET": self.front,
        }
        arguments = [] if self.live else ["preview"]
        process = Process(
            "The web page's server", [*command, *arguments], log=state.log("page"), env=environment, cwd=WEB
        )
        try:
            process.wait_until(lambda: is_listening(self.port), START_TIMEOUT_S)
        except LocalError:
            process.stop()
            raise
        return process


def build_page(log: Path) -> bool:
    """Builds the page unless the build is of these sources; returns whether it did. Raises `LocalError` when it
    fails.
    """
    wanted = fingerprint(page_sources())
    if BUILD_STAMP.exists() and BUILD_STAMP.read_text() == f"{wanted} {fingerprint(built_files())}":
        return False
    command = [*node_command("vite", "bin/vite.js"), "build"]
    built = subprocess.run(
        command, cwd=WEB, env=page_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    said = built.stdout + built.stderr
    log.write_text(said)
    if built.returncode:
        shown = "\n".join(f"    {line}" for line in said.splitlines()[-LAST_LINES:])
        raise LocalError(f"The web page could not be built. `npm run build --workspace web` said:\n{shown}")
    BUILD.mkdir(exist_ok=True)
    BUILD_STAMP.write_text(f"{wanted} {fingerprint(built_files())}")
    return True


def page_environment() -> dict[str, str]:
    """The caller's environment with this tree's Node, and without settings of another page."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("CHAT_", "VITE_"))}
    return {**inherited, "PATH": search_path(), "NO_COLOR": "1"}


def fingerprint(files: Iterable[Path]) -> str:
    """One hash over the files' names and contents."""
    total = hashlib.sha256()
    for path in files:
        total.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return total.hexdigest()


def built_files() -> list[Path]:
    """The build, in one order."""
    return sorted(path for path in SITE.rglob("*") if path.is_file())


def page_sources() -> Iterator[Path]:
    """The page's files, settings and lock, the client that it is built on, and the runbooks that the console shows."""
    yield ROOT / "package-lock.json"
    yield from sorted(path for path in WEB.glob("*") if path.is_file())
    for directory in (WEB / "src", WEB / "public", CLIENT / "src"):
        yield from sorted(path for path in directory.rglob("*") if path.is_file())
    yield from sorted((ROOT / "docs/runbooks").glob("*.md"))
