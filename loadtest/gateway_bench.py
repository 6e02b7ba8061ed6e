"""The local WebSocket gateway beside two others: `python -m loadtest.gateway_bench [--sockets N]`.

What it measures, each server in a process of its own, the same raw client and the same frames for all:

* idle: memory a socket and CPU of the server while `--sockets` sockets are open and silent;
* echo: round trips a second over 64 sockets, and latency over one.

`gateway` runs the function in its own process, so its figures are the gateway's alone; `bare` is the `websockets`
library's echo server, the floor for Python. With `--emulator`, `gateway+ministack` invokes a function over HTTP, and
`ministack` is that emulator's own WebSocket data plane doing the same work. Absolute figures are this machine's;
ratios travel better. Prints a table and writes `build/gateway-bench.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from loadtest.bench_servers import Target, emulator, started
from loadtest.raw_socket import RawSocket, opened

OUTPUT = Path("build/gateway-bench.json")
ECHO_SOCKETS = 64
BODY = b'{"action":"none","text":"' + b"x" * 39 + b'"}'


@dataclass(frozen=True, slots=True)
class Figures:
    """One server's row. None: not measured there."""

    connects_per_s: float | None
    idle_kib_a_socket: float | None
    idle_cpu_percent: float | None
    echoes_per_s: float
    echo_p50_ms: float
    echo_p99_ms: float


def resident_kib(pid: int) -> int:
    """The process's resident memory."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def cpu_s(pid: int) -> float:
    """The processor time that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure_idle(target: Target, count: int, watch_s: float) -> tuple[float, float, float]:
    """Handshakes a second, KiB a socket, and percent of one core over `watch_s` seconds of silence."""
    async with opened(target, 200):
        pass  # what a first connection allocates once is not a socket's
    await asyncio.sleep(0.5)
    before_kib, started_s = resident_kib(target.pid), time.perf_counter()
    async with opened(target, count):
        connects_per_s = count / (time.perf_counter() - started_s)
        await asyncio.sleep(1.0)
        used_kib, before_s = resident_kib(target.pid) - before_kib, cpu_s(target.pid)
        await asyncio.sleep(watch_s)
        return connects_per_s, used_kib / count, (cpu_s(target.pid) - before_s) / watch_s * 100


async def echo(raw: RawSocket, until_s: float) -> list[float]:
    """Round trips one after another until `until_s`; the milliseconds of each."""
    frame = bytes([0x81, 0x80 | len(BODY), 0, 0, 0, 0]) + BODY
    latencies_ms = []
    while (started_s := time.perf_counter()) < until_s:
        await raw.exchange(frame, BODY)
        latencies_ms.append((time.perf_counter() - started_s) * 1000)
    return latencies_ms


async def measure_echo(target: Target, seconds: float) -> tuple[float, float, float]:
    """Round trips a second over many sockets, and the median and 99th percentile in ms over one."""
    async with opened(target, ECHO_SOCKETS) as sockets:
        await asyncio.gather(*(echo(raw, time.perf_counter() + seconds) for raw in sockets))  # warm up
        alone_ms = await echo(sockets[0], time.perf_counter() + seconds)
        started_s = time.perf_counter()
        batches = await asyncio.gather(*(echo(raw, started_s + seconds) for raw in sockets))
        elapsed_s = time.perf_counter() - started_s
    cuts = statistics.quantiles(alone_ms, n=100)
    return sum(len(batch) for batch in batches) / elapsed_s, cuts[49], cuts[98]


def measure(target: Target, count: int, seconds: float, watch_s: float) -> Figures:
    """One server's row; `count` 0: without the idle part."""
    connects_per_s, kib, cpu = asyncio.run(measure_idle(target, count, watch_s)) if count else (None, None, None)
    return Figures(connects_per_s, kib, cpu, *asyncio.run(measure_echo(target, seconds)))


def measure_all(arguments: argparse.Namespace) -> dict[str, Figures]:
    """Every server, one after another: nothing else runs meanwhile."""
    rows = {}
    for name in ("gateway", "bare"):
        with started(name, name) as target:
            rows[name] = measure(target, arguments.sockets, arguments.seconds, arguments.watch)
    if arguments.emulator:
        with emulator() as target:
            endpoint_url = f"http://127.0.0.1:{target.port}"
            with started("gateway+ministack", "gateway", "--endpoint-url", endpoint_url) as in_front:
                rows[in_front.name] = measure(in_front, 0, arguments.seconds, arguments.watch)
            rows[target.name] = measure(target, min(arguments.sockets, 1000), arguments.seconds, arguments.watch)
    return rows


def report(rows: dict[str, Figures], arguments: argparse.Namespace) -> dict[str, Any]:
    """What goes into the file."""
    gateway, bare = rows["gateway"], rows["bare"]
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "machine": platform.machine()}
    ratios = {
        "idle_memory_to_bare": (gateway.idle_kib_a_socket or 0) / max(bare.idle_kib_a_socket or 0, 0.01),
        "echo_throughput_to_bare": gateway.echoes_per_s / bare.echoes_per_s,
        "echo_p50_to_bare": gateway.echo_p50_ms / bare.echo_p50_ms,
    }
    if "ministack" in rows:
        in_front, own = rows["gateway+ministack"], rows["ministack"]
        ratios["echo_throughput_to_ministack"] = in_front.echoes_per_s / own.echoes_per_s
        ratios["echo_p50_to_ministack"] = in_front.echo_p50_ms / own.echo_p50_ms
    figures = {name: asdict(row) for name, row in rows.items()}
    return {"sockets": arguments.sockets, "machine": machine, "figures": figures, "ratios": ratios}


def table(document: dict[str, Any]) -> str:
    """The report to read."""
    columns = list(next(iter(document["figures"].values())))
    lines = [" ".join(["server".ljust(18), *(column.rjust(18) for column in columns)])]
    for name, row in document["figures"].items():
        cells = ["-" if value is None else f"{value:,.2f}" for value in row.values()]
        lines.append(" ".join([name.ljust(18), *(cell.rjust(18) for cell in cells)]))
    lines.append("")
    lines += [f"{name.ljust(30)} {value:8.2f}" for name, value in document["ratios"].items()]
    return "\n".join(lines)


def main() -> int:
    """0, or whatever a child's failure raises."""
    parser = argparse.ArgumentParser(prog="python -m loadtest.gateway_bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--sockets", type=int, default=10_000, help="idle sockets (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each echo run (default: %(default)s)")
    parser.add_argument("--watch", type=float, default=10.0, help="seconds of silence watched (default: %(default)s)")
    parser.add_argument("--emulator", action="store_true", help="also measure beside ministack's own data plane")
    arguments = parser.parse_args()
    # For the servers as well: a child has its parent's limits.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    document = report(measure_all(arguments), arguments)
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(table(document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
