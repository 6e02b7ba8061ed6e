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
import io
import json
import logging
import os
import platform
import resource
import socket
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import boto3
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_bare
from websockets.exceptions import ConnectionClosed

from local.gateway import GatewayConfig, Limits, serve
from local.gateway.api import Api, Deployment, Function, FunctionUri, LambdaIntegration, Route
from local.gateway.invoker import Invocation
from local.gateway.selection import RouteSelection

OUTPUT = Path("build/gateway-bench.json")
ECHO_SOCKETS = 64
BODY = b'{"action":"none","text":"' + b"x" * 39 + b'"}'
UNLIMITED = Limits(rate=float("inf"), burst=1e9, connect_rate=float("inf"), connect_burst=1e9)
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}

# A worker that writes nothing to stderr is waited for by ministack, 50 ms an invocation.
SOURCE = """
import sys

def handler(event, context):
    print(".", file=sys.stderr, flush=True)
    return {"statusCode": 200, "body": event["body"]}
"""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a server listens: `host` is its Host header, `path` the stage's."""

    name: str
    pid: int
    port: int
    host: str
    path: str


@dataclass(frozen=True, slots=True)
class Figures:
    """One server's row. None: not measured there."""

    connects_per_s: float | None
    idle_kib_a_socket: float | None
    idle_cpu_percent: float | None
    echoes_per_s: float
    echo_p50_ms: float
    echo_p99_ms: float


# The servers, each in a child process


class EchoInvoker:
    """An `Invoker` whose one function answers with the message."""

    async def invoke(self, function: Function, event: bytes) -> Invocation:  # noqa: ARG002  # there is one only
        """Answers at once."""
        return Invocation(json.dumps({"statusCode": 200, "body": json.loads(event)["body"]}).encode())


async def serve_gateway(endpoint_url: str | None) -> None:
    """Prints its port and serves for good. `endpoint_url` None: without an emulator."""
    config = GatewayConfig(limits=UNLIMITED, endpoint_url=endpoint_url)
    if endpoint_url is None:
        route = Route("$default", LambdaIntegration(FunctionUri("echo")), replies=True)
        api = Api("bench", "bench", RouteSelection.parse("$request.body.action"), {"$default": route}, {"bench": {}})
        running = serve(config, invoker=EchoInvoker(), load=lambda: Deployment({api.api_id: api}, api))
    else:
        running = serve(config)
    async with running as gateway:
        print(gateway.port, flush=True)
        await asyncio.Event().wait()


async def serve_echo() -> None:
    """The `websockets` library's own server: prints its port and serves for good."""

    async def handle(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            async for message in connection:
                await connection.send(message)

    async with serve_bare(handle, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await asyncio.Event().wait()


@contextmanager
def started(name: str, *options: str) -> Iterator[Target]:
    """A child that runs this module with `options` and prints its port."""
    command = [sys.executable, "-m", "loadtest.gateway_bench", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | CREDENTIALS) as process:
        try:
            port = int(cast("io.BufferedReader", process.stdout).readline())
            yield Target(name, process.pid, port, f"127.0.0.1:{port}", "/bench")
        finally:
            process.terminate()


@contextmanager
def emulator() -> Iterator[Target]:
    """A ministack with the echo function deployed; the target is its own WebSocket data plane."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    program = Path(sys.executable).with_name("ministack")
    settings = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "LAMBDA_EXECUTOR": "local", "LOG_LEVEL": "ERROR"}
    quiet = subprocess.DEVNULL
    with subprocess.Popen([program], env=os.environ | CREDENTIALS | settings, stdout=quiet, stderr=quiet) as process:
        try:
            api_id = deploy_echo(f"http://127.0.0.1:{port}")
            yield Target("ministack", process.pid, port, f"{api_id}.execute-api.localhost:{port}", "/bench")
        finally:
            process.terminate()


def deploy_echo(endpoint_url: str) -> str:
    """Waits for the emulator, deploys the function and an API whose only route is `$default`; the API's id."""
    session = boto3.Session("test", "test", region_name="us-east-1")
    functions = session.client("lambda", endpoint_url=endpoint_url)
    apis = session.client("apigatewayv2", endpoint_url=endpoint_url)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.py", SOURCE)
    arn = functions.create_function(
        FunctionName="echo",
        Runtime="python3.12",
        Role="arn:aws:iam::000000000000:role/echo",
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
    )["FunctionArn"]
    api_id = apis.create_api(Name="bench", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")[
        "ApiId"
    ]
    target = apis.create_integration(ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=arn)["IntegrationId"]
    route = apis.create_route(ApiId=api_id, RouteKey="$default", Target=f"integrations/{target}")
    apis.create_route_response(ApiId=api_id, RouteId=route["RouteId"], RouteResponseKey="$default")
    apis.create_stage(ApiId=api_id, StageName="bench")
    return api_id


# The client: as little as a WebSocket client can be, so that the server is what is measured


class RawSocket(asyncio.Protocol):
    """Sends one prepared frame and counts the bytes of its echo."""

    def __init__(self) -> None:
        self._awaited: asyncio.Future[None] | None = None
        self._received = bytearray()
        self._want = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Wakes whoever waits once the awaited end has come."""
        self._received += data
        if self._awaited is not None and not self._awaited.done() and self._received.endswith(self._want):
            self._received.clear()
            self._awaited.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fails whoever waits."""
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_exception(exc or ConnectionError("the server closed the connection"))

    async def exchange(self, data: bytes, want: bytes) -> None:
        """Sends `data` and waits for bytes that end with `want`."""
        self._awaited, self._want = asyncio.get_running_loop().create_future(), want
        self._transport.write(data)
        await asyncio.wait_for(self._awaited, 60)

    def close(self) -> None:
        """Cuts the connection."""
        self._transport.abort()


async def open_socket(target: Target) -> RawSocket:
    """One open WebSocket."""
    loop = asyncio.get_running_loop()
    _, raw = await loop.create_connection(RawSocket, "127.0.0.1", target.port)
    head = (
        f"GET {target.path} HTTP/1.1\r\nHost: {target.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await raw.exchange(head.encode(), b"\r\n\r\n")
    return raw


@asynccontextmanager
async def opened(target: Target, count: int) -> AsyncIterator[list[RawSocket]]:
    """`count` open sockets, 100 handshakes at a time."""
    sockets: list[RawSocket] = []
    try:
        while len(sockets) < count:
            batch = min(100, count - len(sockets))
            sockets += await asyncio.gather(*(open_socket(target) for _ in range(batch)))
        yield sockets
    finally:
        for raw in sockets:
            raw.close()


# The figures


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
        with started(name, "--serve", name) as target:
            rows[name] = measure(target, arguments.sockets, arguments.seconds, arguments.watch)
    if arguments.emulator:
        with emulator() as target:
            endpoint_url = f"http://127.0.0.1:{target.port}"
            with started("gateway+ministack", "--serve", "gateway", "--endpoint-url", endpoint_url) as in_front:
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
    parser.add_argument("--serve", choices=["gateway", "bare"], help=argparse.SUPPRESS)
    parser.add_argument("--endpoint-url", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    logging.basicConfig(level=logging.WARNING)
    if arguments.serve:
        asyncio.run(serve_gateway(arguments.endpoint_url) if arguments.serve == "gateway" else serve_echo())
        return 0
    document = report(measure_all(arguments), arguments)
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(table(document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
