"""What was looked at, how it was found, and the one line that mends it. The standard library alone."""

from __future__ import annotations

from typing import NamedTuple

OK, FAILED, SKIPPED = "ok", "failed", "skipped"


class Finding(NamedTuple):
    """`mend` is empty unless it failed. What is skipped could not be looked at, and `said` says why."""

    name: str
    state: str
    said: str
    mend: str = ""


def ok(name: str, said: str) -> Finding:
    """As it must be."""
    return Finding(name, OK, said)


def failed(name: str, said: str, mend: str) -> Finding:
    """Not as it must be."""
    return Finding(name, FAILED, said, mend)


def skipped(name: str, said: str) -> Finding:
    """Not looked at."""
    return Finding(name, SKIPPED, said)
