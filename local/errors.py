"""The error that a developer is shown as one paragraph instead of a traceback."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class LocalError(Exception):
    """Something on this machine is not as it must be. The message says in one paragraph what, and what to do about
    it.
    """


def explain(command: Callable[[], int]) -> int:
    """Runs a command and returns its exit status; a `LocalError` is printed as it stands, and the status is 1."""
    try:
        return command()
    except LocalError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
