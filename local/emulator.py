"""The AWS emulator as a program of its own: `python -m local.emulator --port 4566`.

Runs ministack on 127.0.0.1 with the changes of `local.adaptations`, saves its state when it is asked to stop (SIGTERM
or Ctrl-C), and ends the functions' processes. It reads its settings from the environment as it is imported, so
nothing of it may be imported before `main` has set them. Knows nothing of the chat.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from local.errors import explain
from local.paths import StateDirectory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REGION = "us-east-1"
ACCOUNT = "000000000000"
DEFAULT_PORT = 4566
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""All that functions see of the developer's environment, so that they meet what is deployed and not somebody's
settings.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the emulator until it is asked to stop; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m local.emulator", description="An AWS on 127.0.0.1, for this repository."
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="default: %(default)s")
    parser.add_argument(
        "--state", type=Path, default=StateDirectory.default().emulator, help="what is kept between runs"
    )
    parser.add_argument(
        "--function-log", type=Path, default=StateDirectory.default().log("functions"), help="what functions print"
    )
    options = parser.parse_args(arguments)
    return run(options.port, options.state.resolve(), options.function_log.resolve())


def run(port: int, state: Path, function_log: Path) -> int:
    """Runs the emulator in this process; returns when it was asked to stop and has saved its state in `state`."""
    scratch = state / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    replace_environment(settings(port, state, scratch))
    sys.argv[1:] = []

    from ministack.app import main as serve  # noqa: PLC0415  # reads the environment as it is imported
    from ministack.core import lambda_runtime  # noqa: PLC0415

    from local.adaptations import adapt  # noqa: PLC0415
    from local.emulated_alarms import adapt_alarms  # noqa: PLC0415
    from local.emulated_edge import adapt_edge  # noqa: PLC0415
    from local.emulated_graphs import adapt_graphs  # noqa: PLC0415

    adapt(port, function_log, scratch)
    adapt_alarms()
    adapt_edge()
    adapt_graphs()
    try:
        serve()
    finally:
        lambda_runtime.kill_workers([worker for pool in lambda_runtime._workers.values() for worker in pool])  # noqa: SLF001
        shutil.rmtree(scratch, ignore_errors=True)
    return 0


def settings(port: int, state: Path, scratch: Path) -> dict[str, str]:
    """The emulator's whole environment."""
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {
        **passed_on,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "LAMBDA_EXECUTOR": "local",
        # A burst's processes are ended after a minute; the first of each function stays.
        "LAMBDA_WARM_TTL_SECONDS": "60",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state / "services"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state / "objects"),
        "TMPDIR": str(scratch),
        # Without a Docker it can reach, it neither looks for containers nor ends those of others.
        "DOCKER_HOST": f"unix://{scratch}/no-docker.sock",
        # Listeners of services that nothing here uses.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }


def replace_environment(values: Mapping[str, str]) -> None:
    """Makes `values` all of this process's environment, and its TMPDIR the place for temporary files."""
    os.environ.clear()
    os.environ.update(values)
    tempfile.tempdir = None


if __name__ == "__main__":
    sys.exit(explain(main))
