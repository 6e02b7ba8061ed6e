"""What a client of the cache costs a function: `python -m loadtest.cache_clients`.

Ours (`chat.aws.valkey`) beside the library `valkey`, on a real server of this machine: the CPU that the function of
commands needs more for importing it, and for a round trip of three reads, which is what finding a right takes.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from valkey import Valkey as Library

from chat.aws.valkey import Valkey
from local.ports import LOOPBACK, Ports, is_listening
from local.processes import Process
from local.programs import process_environment
from local.valkey import server_command

FUNCTION = "import functions.message.command"
IMPORTS = {
    "ours": "import chat.aws.valkey_tier",
    "ours, and TLS": "import chat.aws.valkey_tier, ssl; ssl.create_default_context()",
    "valkey": "import valkey",
}
STARTS = 25
CALLS = 5_000
KEYS = ("rules", "membership", "log")


def main() -> int:
    """Prints both tables."""
    floor_ms = import_ms(FUNCTION)
    print(f"| import | CPU ms more than the function's own {floor_ms:.0f} |\n|---|---|")
    for name, code in IMPORTS.items():
        print(f"| {name} | {import_ms(f'{FUNCTION}; {code}') - floor_ms:.1f} |")
    with tempfile.TemporaryDirectory() as folder:
        port = Ports.free().cache
        server = Process(
            "The cache", server_command(port), log=Path(folder) / "log", env=process_environment(), cwd=Path(folder)
        )
        try:
            server.wait_until(lambda: is_listening(port), 10)
            print("\n| three reads | CPU µs a round trip |\n|---|---|")
            for name, call in clients(port).items():
                print(f"| {name} | {cpu_us(call):.0f} |")
        finally:
            server.stop()
    return 0


def import_ms(code: str) -> float:
    """The least CPU of a fresh interpreter that runs the code."""
    spent = []
    for _ in range(STARTS):
        before = _children_s()
        subprocess.run([sys.executable, "-c", code], check=True)
        spent.append(_children_s() - before)
    return min(spent) * 1_000


def clients(port: int) -> dict[str, Callable[[], object]]:
    """A round trip of each client."""
    ours, library = Valkey(f"redis://{LOOPBACK}:{port}", call_ms=1_000), Library(host=LOOPBACK, port=port)
    ours.run(*(("SET", key, b"x" * 100) for key in KEYS))

    def pipelined() -> object:
        pipeline = library.pipeline(transaction=False)
        for key in KEYS:
            pipeline.get(key)
        return pipeline.execute()  # type: ignore[no-untyped-call]

    return {"ours": lambda: ours.run(*(("GET", key) for key in KEYS)), "valkey": pipelined}


def cpu_us(call: Callable[[], object]) -> float:
    """CPU of this process for one call, the mean of many."""
    call()
    before = resource.getrusage(resource.RUSAGE_SELF)
    for _ in range(CALLS):
        call()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / CALLS * 1_000_000


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
