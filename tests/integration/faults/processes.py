"""Which process a connection on this machine belongs to, by Linux' own tables; no other system is asked."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path

PROCESSES = Path("/proc")


LOOKS = 3
"""The table changes while it is read, and may lack a connection that was there all the time."""


def owner_of(address: tuple[str, int]) -> int:
    """The id of the process whose end of a TCP connection has this address. Raises `LookupError`."""
    for _ in range(LOOKS - 1):
        with suppress(LookupError):
            return _look_for(address)
    return _look_for(address)


def _look_for(address: tuple[str, int]) -> int:
    wanted = f"socket:[{_inode(address)}]"
    for process in PROCESSES.iterdir():
        if process.name.isdecimal() and wanted in _open_files(process):
            return int(process.name)
    raise LookupError(f"no process has a connection from {address}")


def _inode(address: tuple[str, int]) -> str:
    host = socket.inet_aton(address[0])[::-1].hex().upper()
    local = f"{host}:{address[1]:04X}"
    for line in (PROCESSES / "net" / "tcp").read_text().splitlines()[1:]:
        columns = line.split()
        if columns[1] == local:
            return columns[9]
    raise LookupError(f"no connection from {address}")


def _open_files(process: Path) -> set[str]:
    """What the files of a process lead to; those of other users are not shown."""
    found = set()
    with suppress(OSError):  # it has ended meanwhile, or is not ours
        for link in (process / "fd").iterdir():
            with suppress(OSError):
                found.add(str(link.readlink()))
    return found
