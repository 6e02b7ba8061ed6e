"""What a function's start costs: CPU of importing its handler, in an interpreter that sees its layers and nothing else.

The layers are those that stage `local` deploys, with their bytecode. Beside it stands what a handler of samples
imports and makes before it does anything: boto3 and its two clients.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from layers.build import BROUGHT_BY_RUNTIME, HOST, NAMES, ROOT, build_layer
from loadtest.report import Row

HOT = ["functions.connect.connect", "functions.message.command", "functions.message.deliver"]
"""Those that a message waits for."""

MODULES = {"python-dateutil": "dateutil"}
"""Packages of the runtime whose module has another name."""

IMPORT = """
import sys, time
sys.path[:0] = sys.argv[2:]
begun = time.process_time()
{statement}
print((time.process_time() - begun) * 1000)
"""
HANDLER = IMPORT.format(statement="__import__(sys.argv[1])")
SAMPLE = IMPORT.format(
    statement="import boto3\n"
    'boto3.client("dynamodb", region_name="us-east-1")\n'
    'boto3.client("apigatewaymanagementapi", region_name="us-east-1", endpoint_url="https://localhost")'
)


def rows(runs: int, names: Sequence[str]) -> Iterator[Row]:
    """A row for each handler: the cheapest of so many starts."""
    with tempfile.TemporaryDirectory() as scratch:
        paths = [ROOT, *_unpacked(Path(scratch)), _runtime(Path(scratch))]
        sample = min(_start(SAMPLE, "", paths) for _ in range(runs))
        for handler in names:
            value = min(_start(HANDLER, handler, paths) for _ in range(runs))
            name = handler.removeprefix("functions.").replace(".", "_")
            yield Row(f"cold_start_cpu_{name}", value, "ms", sample, "import boto3, two clients")


def handlers() -> list[str]:
    """The module of each function."""
    files = sorted((ROOT / "functions").glob("*/*.py"))
    return [f"functions.{file.parent.name}.{file.stem}" for file in files if file.stem != "__init__"]


def _start(script: str, handler: str, paths: list[Path]) -> float:
    command = [sys.executable, "-I", "-S", "-c", script, handler, *map(str, paths)]
    # Lambda writes no bytecode, and layers bring theirs.
    done = subprocess.run(command, stdout=subprocess.PIPE, env={"PYTHONDONTWRITEBYTECODE": "1"}, timeout=60, check=True)
    return float(done.stdout)


def _unpacked(scratch: Path) -> list[Path]:
    folders = []
    for name in NAMES:
        folder = scratch / name
        with zipfile.ZipFile(build_layer(name, target=HOST).zip) as archive:
            archive.extractall(folder)
        folders.append(folder / "python")
    return folders


def _runtime(scratch: Path) -> Path:
    """What the Lambda runtime brings."""
    folder = scratch / "runtime"
    folder.mkdir()
    for package in BROUGHT_BY_RUNTIME:
        spec = importlib.util.find_spec(MODULES.get(package, package))
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(package)
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
    return folder
