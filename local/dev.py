"""`make dev`: the whole application on this machine, with progress while it starts and live reload while it runs.

Ctrl-C stops every process that this one started and keeps the data for the next time.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from localstack_client.config import get_service_endpoint

from local.client import Refused
from local.demo import create_demo
from local.deployment import OPERATOR
from local.endpoints import Endpoint
from local.errors import LocalError, explain
from local.paths import ROOT, StateDirectory
from local.ports import Ports
from local.reload import Reloader
from local.stack import LocalStack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WATCH_S = 0.5
OFFSET_VARIABLE = "CHAT_PORT_OFFSET"


class Progress:
    """Lines on the terminal, each with the seconds since the start."""

    def __init__(self) -> None:
        """Starts the clock."""
        self._started = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def __call__(self, step: str) -> None:
        """Prints one step."""
        print(f"{self.elapsed_s:6.1f} s  {step}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until Ctrl-C; returns the exit status."""
    options = parse(arguments)
    state = StateDirectory(options.state.resolve())
    progress = Progress()
    ports = Ports(
        emulator=options.emulator_port,
        gateway=options.gateway_port,
        page=options.page_port,
        cache=options.cache_port,
        front=options.front_port,
    )
    endpoint = Endpoint(options.endpoint) if options.endpoint else None
    stack = LocalStack(ports=ports, state=state, endpoint=endpoint, report=progress)
    if options.fresh:
        stack.require_ports()
        stack.forget()
    with stopping_by_signals():
        try:
            with stack:
                serve(stack, progress, demo=options.demo)
        except KeyboardInterrupt:
            print("\nStopped. The data is kept for the next `make dev`.", flush=True)
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line. Raises `LocalError` for an offset that is none."""
    ports = Ports.shifted(read_offset())
    parser = argparse.ArgumentParser(
        prog="python -m local.dev", description="Runs the whole application on this machine."
    )
    for name, port, what in (
        ("emulator", ports.emulator, "the AWS emulator"),
        ("gateway", ports.gateway, "WebSocket connections"),
        ("page", ports.page, "the page, /api and /media"),
        ("cache", ports.cache, "the cache that functions share"),
        ("front", ports.front, "CloudFront's part, which the page asks for /api and /media"),
    ):
        text = f"port of {what} (default: %(default)s)"
        parser.add_argument(f"--{name}-port", type=int, default=port, metavar="PORT", help=text)
    parser.add_argument(
        "--endpoint",
        nargs="?",
        const=get_service_endpoint("cloudformation"),
        metavar="URL",
        help="deploy into an emulator that runs already instead of starting one; without a URL the one that "
        "localstack-client's settings (AWS_ENDPOINT_URL, LOCALSTACK_HOST) name",
    )
    kept = StateDirectory.default().root
    parser.add_argument("--state", type=Path, default=kept, metavar="DIR", help="data and logs (default: .local)")
    parser.add_argument("--fresh", action="store_true", help="throw away the data of earlier runs first")
    parser.add_argument("--no-demo", dest="demo", action="store_false", help="make no demo rooms")
    parser.epilog = f"{OFFSET_VARIABLE}=100 moves all default ports by 100."
    return parser.parse_args(arguments)


def read_offset() -> int:
    """What CHAT_PORT_OFFSET says, 0 when it isn't set. Raises `LocalError` for what is no number."""
    text = os.environ.get(OFFSET_VARIABLE, "0")
    try:
        return int(text)
    except ValueError:
        raise LocalError(
            f"{OFFSET_VARIABLE} is {text!r}; it must be a number of ports to move by, such as 100."
        ) from None


def serve(stack: LocalStack, progress: Progress, *, demo: bool) -> None:
    """Makes the demo data, says where everything is, and keeps the functions as the sources are."""
    reloader = Reloader(Endpoint(stack.endpoint_url), stack.deployment, progress)
    if stack.deployment.reloaded:
        progress("giving the functions the code of the sources")
        reloader.apply_all()
    if demo:
        progress("making demo rooms")
        try:
            create_demo(stack.page_url)
        except Refused as refused:
            raise LocalError(f"The demo rooms could not be made: {refused}. {where_logs_are(stack)}") from refused
    print(describe(stack, progress.elapsed_s), flush=True)
    stop = threading.Event()
    watcher = threading.Thread(target=reloader.watch, args=(stop,), name="reload")
    watcher.start()
    try:
        while stack.failed is None:
            time.sleep(WATCH_S)
        raise LocalError(f"{stack.failed.name} ended unexpectedly. Its log is {stack.failed.log}.")
    finally:
        stop.set()
        watcher.join()


def describe(stack: LocalStack, elapsed_s: float) -> str:
    """What a developer wants to know once everything runs."""
    node = ".venv/bin/node node_modules/wscat/bin/wscat"
    return f"""
Ready after {elapsed_s:.0f} s. Open the page in two windows and sign in with two names.

  page        {stack.page_url}
  console     {stack.page_url}/console  (sign in as {OPERATOR})
  WebSocket   {stack.websocket_url}?ticket=…
  health      {stack.page_url}/api/health
  AWS API     {stack.endpoint_url}  (any tool, with AWS_ENDPOINT_URL={stack.endpoint_url} and test/test)
  logs        {shorten(stack.state.logs)}/  (functions.log has what the functions print)

From a terminal, with wscat:

  post() {{ curl -s -H 'content-type: application/json' "$@"; }}
  field() {{ sed "s/.*\\"$1\\": *\\"\\([^\\"]*\\)\\".*/\\1/"; }}
  token=$(post -d '{{"name":"Linus"}}' {stack.page_url}/api/sessions | field token)
  ticket=$(post -X POST -H "authorization: Bearer $token" {stack.page_url}/api/tickets | field ticket)
  {node} -c "{stack.websocket_url}?ticket=$ticket"
  > {{"action":"join","id":"1","room":"general"}}
  > {{"action":"subscribe","id":"2","room":"general"}}
  > {{"action":"send","id":"3","room":"general","text":"Hello from a terminal"}}

Changes in functions/, layers/chat and web/ are live in seconds. Ctrl-C stops everything and keeps the data.
"""


def shorten(path: Path) -> Path:
    """The path as seen from the repository, where it is inside it."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def where_logs_are(stack: LocalStack) -> str:
    """A sentence for error messages."""
    return f"The logs are in {stack.state.logs}; functions.log shows what the functions said."


@contextmanager
def stopping_by_signals() -> Iterator[None]:
    """Makes a closed terminal and `kill` stop everything as Ctrl-C does, and a second one not disturb that."""

    def interrupt(number: int, _frame: object) -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt(signal.Signals(number).name)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    yield


if __name__ == "__main__":
    sys.exit(explain(main))
