"""Environment variables that this repository's commands read, and whether they make sense. The standard library alone.

`docs/how-to/environment.md` lists the same ones, which a test compares. Those that deployed functions read are written
by the CDK application and are nobody's to set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from operations.doctor.findings import Finding, failed, ok

PREFIX = "CHAT_"
LOCAL = "local"

KNOWN = {
    "CHAT_PORT_OFFSET": "moves all ports of `make dev`",
    "CHAT_BROWSER": "the Chromium or Chrome of browser tests",
    "CHAT_VALKEY": "the program that the caches of `make dev` are in",
    "CHAT_WEB_PORT": "where the page's own development server listens",
    "CHAT_PROXY_TARGET": "where that server sends what is not the page's",
    "CHAT_NAME": "the name that the terminal client signs in with",
    "CHAT_TOKEN": "the token that the terminal client signs in with",
}

HIGHEST_OFFSET = 65_535 - 6_380
"""`local/ports.py`: the cache listens highest."""


def look(environ: Mapping[str, str], stage: str) -> Iterator[Finding]:
    """The variables that are set; one finding for each that is wrong, else one for all."""
    wrong = [*_wrong(environ, stage)]
    yield from wrong or [ok("variables", ", ".join(sorted(name for name in environ if name in KNOWN)) or "none is set")]


def _wrong(environ: Mapping[str, str], stage: str) -> Iterator[Finding]:
    for name in sorted(name for name in environ if name.startswith(PREFIX) and name not in KNOWN):
        yield failed(
            "variables", f"{name} is read by no command", f"unset {name} (docs/how-to/environment.md lists them)"
        )
    offset = environ.get("CHAT_PORT_OFFSET", "0")
    if not offset.isdigit() or int(offset) > HIGHEST_OFFSET:
        yield failed(
            "variables", f"CHAT_PORT_OFFSET is {offset!r}", f"export CHAT_PORT_OFFSET=100 (0 to {HIGHEST_OFFSET})"
        )
    for name in ("CHAT_BROWSER", "CHAT_VALKEY", "AWS_CA_BUNDLE"):
        path = environ.get(name)
        if path and not Path(path).exists():
            yield failed("variables", f"{name} names {path}, which is not there", f"unset {name}, or name a file")
    endpoint = environ.get("AWS_ENDPOINT_URL")
    if endpoint and stage != LOCAL:
        yield failed(
            "variables",
            f"AWS_ENDPOINT_URL is {endpoint}: stage {stage} is not looked for on AWS",
            "unset AWS_ENDPOINT_URL",
        )
