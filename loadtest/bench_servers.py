"""The servers that are measured, each in a process of its own: a child runs this module, prints its port and serves.

`gateway` is the local gateway, its function in its own process or, with `--endpoint-url`, an emulator's; `bare` is the
`websockets` library's own server. The emulator has a WebSocket data plane itself, and is started as a program.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import logging
import os
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import boto3
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_bare
from websockets.exceptions import ConnectionClosed

from local.gateway import GatewayConfig, Limits, serve
from local.gateway.api import Api, Deployment, Function, FunctionUri, LambdaIntegration, Route
from local.gateway.invoker import Invocation
from local.gateway.selection import RouteSelection

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
    command = [sys.executable, "-m", "loadtest.bench_servers", *options]
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


def main() -> None:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser(prog="python -m loadtest.bench_servers", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("server", choices=["gateway", "bare"])
    parser.add_argument("--endpoint-url", help="of an emulator that has the function and the API (gateway only)")
    arguments = parser.parse_args()
    if arguments.server == "bare" and arguments.endpoint_url:
        parser.error("--endpoint-url is for the gateway only")
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(serve_gateway(arguments.endpoint_url) if arguments.server == "gateway" else serve_echo())


if __name__ == "__main__":
    main()
