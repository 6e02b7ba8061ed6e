"""What this machine allows: open files, and sockets an address. Raised where anybody may, explained where not."""

from __future__ import annotations

import ipaddress
import os
import platform
import resource
import socket
from pathlib import Path
from urllib.parse import urlsplit

SPARE_FILES = 200
"""Of a process, beside its sockets."""
SOCKETS_AN_ADDRESS = 20_000
"""From one address to one port: fewer than the ports that the system hands out (28,232 on Linux)."""


class MachineError(Exception):
    """What the machine does not allow, and the command that would."""


def raise_file_limit(sockets: int) -> None:
    """Lets this process and its children open as many. Raises `MachineError` where only an administrator may."""
    wanted = sockets + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise MachineError(
            f"{sockets:,} sockets in a process need {wanted:,} open files, and this shell allows {hard:,}. As root: "
            f"`ulimit -Hn {wanted}` in this shell, or `* hard nofile {wanted}` in /etc/security/limits.conf and a new "
            "session. Or use more processes (--processes)."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def files_allowed() -> int:
    """What a process may open at most, without an administrator."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 30 if hard == resource.RLIM_INFINITY else hard


def local_address(socket_url: str, number: int) -> str | None:
    """Where the socket `number` of a run comes from; None where the system may choose.

    To a server on this machine every address of 127.0.0.0/8 is one to come from: 127.0.0.2 for the first 20,000
    sockets, then 127.0.0.3, …. To any other server this machine has one address.
    """
    host = urlsplit(socket_url).hostname or ""
    if not _is_loopback(host) or platform.system() != "Linux":
        return None
    return str(ipaddress.IPv4Address("127.0.0.2") + number // SOCKETS_AN_ADDRESS)


def require_ports(socket_url: str, sockets: int) -> None:
    """Raises `MachineError` where one address has too few ports for the sockets."""
    if local_address(socket_url, 0) is None and sockets > SOCKETS_AN_ADDRESS:
        raise MachineError(
            f"{sockets:,} sockets to another machine are more than the ports of one address: at most "
            f"{SOCKETS_AN_ADDRESS:,} from here. Run the rest from other machines."
        )


def description() -> dict[str, str | int | None]:
    """Where it was measured."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_average": f"{os.getloadavg()[0]:.1f}",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _is_loopback(host: str) -> bool:
    try:
        return all(
            ipaddress.ip_address(address[0]).is_loopback and ipaddress.ip_address(address[0]).version == 4  # noqa: PLR2004
            for *_, address in socket.getaddrinfo(host, None)
        )
    except (OSError, ValueError):
        return False
