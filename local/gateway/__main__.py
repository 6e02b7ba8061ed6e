"""The command line: `python -m local.gateway --endpoint-url http://127.0.0.1:4566`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import fields

import botocore.exceptions

from local.gateway.api import ApiError
from local.gateway.config import GatewayConfig
from local.gateway.faults import GRAMMAR, Fault, FaultError, Latency
from local.gateway.invoker import InvokeError
from local.gateway.limits import Limits
from local.gateway.server import serve

_log = logging.getLogger("local.gateway")

EPILOG = f"""\
URLs: ws://HOST:PORT/STAGE (the chosen or only API) or ws://HOST:PORT/API_ID/STAGE;
      http://HOST:PORT/STAGE/@connections/CONNECTION_ID for functions (POST, GET, DELETE; boto3's
      apigatewaymanagementapi with endpoint_url=http://HOST:PORT/STAGE);
      http://HOST:PORT/_gateway/status (GET) and /_gateway/reload (POST), from this machine only.

Faults and latencies:
{GRAMMAR}
"""


def build_parser() -> argparse.ArgumentParser:
    """The options. Each field of `Limits` is one, with its source as help."""
    defaults = GatewayConfig()
    parser = argparse.ArgumentParser(
        prog="python -m local.gateway",
        description="API Gateway's WebSocket data plane in front of an AWS emulator (or AWS): reads the deployed "
        "WebSocket APIs, holds the sockets, invokes the functions and serves @connections.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--endpoint-url",
        default=os.environ.get("AWS_ENDPOINT_URL"),
        help="of the emulator (default: $AWS_ENDPOINT_URL)",
    )
    add("--region", default=os.environ.get("AWS_DEFAULT_REGION", defaults.region), help="default: %(default)s")
    add("--host", default=defaults.host, help="address to listen on (default: %(default)s)")
    add("--port", type=int, default=4510, help="port to listen on, 0 for a free one (default: %(default)s)")
    add("--api", metavar="NAME_OR_ID", help="the one API to serve (default: every WebSocket API)")
    add("--domain-name", help="requestContext.domainName (default: what the Host header says)")
    add(
        "--refresh-s",
        type=float,
        default=defaults.refresh_s,
        help="read what is deployed every … (default: %(default)g)",
    )
    add(
        "--invoke-parallelism",
        type=int,
        default=defaults.invoke_parallelism,
        help="Invoke requests at once (default: %(default)s)",
    )
    add(
        "--stop-timeout-s",
        type=float,
        default=defaults.stop_timeout_s,
        help="bound of a clean stop (default: %(default)g)",
    )
    add("--inject", metavar="FAULT", action="append", type=_argument(Fault.parse), default=[], help="see below")
    add("--latency", metavar="LATENCY", action="append", type=_argument(Latency.parse), default=[], help="see below")
    add("--fault-seed", type=int, help="makes faults repeatable")
    add("--verbose", action="store_true", help="log every access")
    limits = parser.add_argument_group("limits (AWS's by default)")
    for limit in fields(Limits):
        kind = int if isinstance(limit.default, int) and limit.name.endswith(("_bytes", "concurrency")) else float
        shown = f"{limit.metadata['source']} (default: {limit.default:g})".replace("%", "%%")
        limits.add_argument(f"--{limit.name.replace('_', '-')}", type=kind, default=limit.default, help=shown)
    return parser


def read_config(arguments: argparse.Namespace) -> GatewayConfig:
    """Raises `ValueError` for a limit that can't be."""
    limits = Limits(**{limit.name: getattr(arguments, limit.name) for limit in fields(Limits)})
    return GatewayConfig(
        endpoint_url=arguments.endpoint_url,
        region=arguments.region,
        host=arguments.host,
        port=arguments.port,
        api=arguments.api,
        domain_name=arguments.domain_name,
        refresh_s=arguments.refresh_s,
        invoke_parallelism=arguments.invoke_parallelism,
        stop_timeout_s=arguments.stop_timeout_s,
        limits=limits,
        faults=arguments.inject,
        latencies=arguments.latency,
        fault_seed=arguments.fault_seed,
    )


async def run(config: GatewayConfig) -> None:
    """Serves until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with serve(config) as gateway:
        for api in gateway.deployment.apis.values():
            path = "" if api is gateway.deployment.default else f"/{api.api_id}"
            for stage in api.stages:
                _log.info("%s (%s): ws://%s:%d%s/%s", api.name, api.api_id, config.host, gateway.port, path, stage)
        _log.info("listening on %s:%d, %d WebSocket APIs", config.host, gateway.port, len(gateway.deployment.apis))
        await stopped.wait()
        _log.info("stopping, %d connections", len(gateway.connections))


def main() -> int:
    """0 after a clean stop, 1 where it could not start; argparse exits with 2 for wrong options."""
    parser = build_parser()
    arguments = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", level=logging.INFO)
    logging.getLogger("local.gateway").setLevel(logging.DEBUG if arguments.verbose else logging.INFO)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    _raise_file_limit()
    try:
        config = read_config(arguments)
    except ValueError as error:
        parser.error(str(error))
    try:
        asyncio.run(run(config))
    except (
        ApiError,
        InvokeError,
        OSError,
        botocore.exceptions.BotoCoreError,
        botocore.exceptions.ClientError,
    ) as error:
        _log.error("cannot start: %s", error)
        return 1
    return 0


def _argument(parse: Callable[[str], object]) -> Callable[[str], object]:
    def parse_argument(text: str) -> object:
        try:
            return parse(text)
        except FaultError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parse_argument


def _raise_file_limit() -> None:
    """A socket is a file; the usual soft limit of 1,024 would stop at a thousand of them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    sys.exit(main())
