"""The command line: `python -m local.front --endpoint-url http://127.0.0.1:4566 --distribution E2QWRUHAPOMQZL`."""

from __future__ import annotations

import argparse
import logging
import sys

from aiohttp import web

from local.endpoints import Endpoint
from local.errors import explain
from local.front.access_log import AccessLog
from local.front.server import Front
from local.ports import LOOPBACK


def main() -> int:
    """Serves until it is asked to stop; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m local.front", description="CloudFront's data plane in front of an emulated distribution."
    )
    parser.add_argument("--endpoint-url", required=True, help="of the emulator")
    parser.add_argument("--distribution", required=True, metavar="ID", help="the deployed distribution")
    parser.add_argument("--host", required=True, metavar="NAME", help="its domain name, by which the emulator knows it")
    parser.add_argument("--log-bucket", metavar="NAME", help="where files of its log go (default: nowhere)")
    parser.add_argument("--port", type=int, required=True, help="port to listen on")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    endpoint, prefix = Endpoint(options.endpoint_url), f"distribution/{options.distribution}"
    log = AccessLog(endpoint.client("s3"), options.log_bucket, prefix) if options.log_bucket else None
    front = Front(
        origin=options.endpoint_url,
        host=options.host,
        distribution_id=options.distribution,
        cloudfront=endpoint.client("cloudfront"),
        log=log,
    )
    web.run_app(front.application(), host=LOOPBACK, port=options.port, print=None, access_log=None)
    return 0


if __name__ == "__main__":
    sys.exit(explain(main))
